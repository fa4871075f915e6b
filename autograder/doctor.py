"""`doctor`: what this machine offers, and what would raise it."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Any

from autograder.stamps import DEMO_SECRET, SECRET_VARIABLE, secret
from shared import doctor as student

OPTIONAL = {
    "nbgrader": "grades through nbgrader",
    "otter-grader": "grades through otter",
    "matplotlib": "draws the lecture's figures",
}

Finding = dict[str, Any]


def examine() -> list[Finding]:
    """What was found: `what`, `found`, `ok`, whether grading needs it, and advice."""
    return [
        *(_shared(f) for f in (student.python(), student.package("numpy"), student.blas())),
        _isolation(),
        _cores(),
        _secret(),
        *_tools(),
    ]


def _finding(what: str, found: str, ok: bool, advice: str = "", *, needed: bool = True) -> Finding:
    return {"what": what, "found": found, "ok": ok, "needed": needed, "advice": advice}


def _shared(looked: student.Finding, *, needed: bool = True) -> Finding:
    """What a student's own doctor looks at too; the environment is the staff's."""
    advice = "" if looked.ok else "run `make .venv` with Python 3.11, 3.12 or 3.13"
    return _finding(looked.what, looked.found, looked.ok, advice, needed=needed)


def _isolation() -> Finding:
    from autograder.sandbox import Sandbox, SandboxError

    try:
        with Sandbox() as box:
            return _finding(
                "isolation",
                f"level {box.level} ({', '.join(box.layers)}), tested just now",
                True,
                # All of it stacks, and `kernel` holds alone: what is missing is no fault.
                "; ".join(box.missing),
            )
    except SandboxError as error:
        return _finding(
            "isolation", "level weak", False, f"{error}; for your own code only: --require weak"
        )


def _cores() -> Finding:
    count = os.cpu_count() or 1
    return _finding("cores", f"{count}: `grade` starts {count} processes", True, needed=False)


def _secret() -> Finding:
    ok = secret() != DEMO_SECRET
    return _finding(
        "secret",
        "the course's own" if ok else "the demo's, which everyone knows",
        ok,
        "" if ok else f"set {SECRET_VARIABLE} before a real class is graded, and keep it",
        needed=False,
    )


def _tools() -> list[Finding]:
    found = []
    for name, use in OPTIONAL.items():
        try:
            version = importlib.metadata.version(name)
            found.append(_finding(name, f"{version}: {use}", True, needed=False))
        except importlib.metadata.PackageNotFoundError:
            advice = "run `make .venv` for the staff's full set"
            found.append(_finding(name, "not installed", False, advice, needed=False))
    return found
