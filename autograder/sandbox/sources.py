"""A student's code as the sandbox takes it: texts, never files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Submission:
    """The sources of one student, by path: ``{"nn/conv.py": "import numpy as np ..."}``."""

    files: Mapping[str, str]
