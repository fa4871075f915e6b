"""What both sides import: gradient checks, run-time checks, the pytest plugin.

A test takes what it needs from here: ``from shared import check_close, points``. Names are loaded
when they are first used, so that what needs pytest is loaded only under pytest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.compare import EXACT as EXACT
    from shared.compare import FAIR as FAIR
    from shared.compare import FLOAT32 as FLOAT32
    from shared.compare import check_array as check_array
    from shared.compare import check_close as check_close
    from shared.compare import check_number as check_number
    from shared.errors import CheckFailed as CheckFailed
    from shared.gradcheck import check_gradient as check_gradient
    from shared.gradcheck import numerical_gradient as numerical_gradient
    from shared.gradcheck import upstream_of_ones as upstream_of_ones
    from shared.marks import points as points
    from shared.notebook import check as check
    from shared.notebook import figures as figures
    from shared.runtime import Load as Load
    from shared.runtime import check_runtime as check_runtime
    from shared.student import Student as Student
    from shared.student import check_silent as check_silent
    from shared.student import check_unchanged as check_unchanged
    from shared.vectorised import check_vectorised as check_vectorised

_HOMES = {
    "EXACT": "compare",
    "FAIR": "compare",
    "FLOAT32": "compare",
    "CheckFailed": "errors",
    "Load": "runtime",
    "Student": "student",
    "check": "notebook",
    "check_array": "compare",
    "check_close": "compare",
    "check_gradient": "gradcheck",
    "check_number": "compare",
    "check_runtime": "runtime",
    "check_silent": "student",
    "check_unchanged": "student",
    "check_vectorised": "vectorised",
    "figures": "notebook",
    "numerical_gradient": "gradcheck",
    "points": "marks",
    "upstream_of_ones": "gradcheck",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shared' has no attribute {name!r}")
    return getattr(importlib.import_module(f"shared.{_HOMES[name]}"), name)
