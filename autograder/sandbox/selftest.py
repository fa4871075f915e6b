"""Attack the sandbox from inside before trusting it: a filter is what it does, not what it says."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from autograder.sandbox.client import Worker
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.sources import Submission

PROBE = Path(__file__).with_name("probe.py")


def submission() -> Submission:
    """The submission that tries to get out."""
    return Submission({"nn/__init__.py": "", "nn/probe.py": PROBE.read_text(encoding="utf-8")})


def run(worker: Callable[[], Worker]) -> None:
    """Raise `SandboxError` unless every way out is shut; each `worker()` runs `submission`."""
    with worker() as attacker, tempfile.NamedTemporaryFile() as canary:
        reply = attacker.call("escapes", (canary.name, os.getpid()), {}, "any")
        if reply.value != []:
            raise SandboxError(
                "nothing is graded: the sandbox's test of itself got out "
                f"({reply.value or reply.failure}). Something around this grader (a container, an "
                "emulator) changes what its filter does; grade on another machine"
            )
    # In a worker of its own, since it does not survive.
    with worker() as attacker:
        failure = attacker.call("foreign_abi", (), {}, "any").failure
        if failure is None or failure.type != "SIGSYS":
            raise SandboxError(
                "nothing is graded: a system call of a foreign ABI was not stopped "
                f"({failure}). Grade on another machine"
            )
