"""Run a student's code where it can neither see nor change how it is graded.

`Sandbox` starts a fork server; `Sandbox.worker` gives a `shared.calls.Backend` whose functions run
in a process without files, network, other processes or a way to the grader's memory.
"""

from autograder.sandbox.box import Sandbox
from autograder.sandbox.client import Worker
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.levels import LEVELS, available_levels, best_level
from autograder.sandbox.limits import Limits
from autograder.sandbox.sources import Submission

__all__ = [
    "LEVELS",
    "Limits",
    "Sandbox",
    "SandboxError",
    "Submission",
    "Worker",
    "available_levels",
    "best_level",
]
