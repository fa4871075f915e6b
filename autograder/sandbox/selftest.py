"""Attack the sandbox from inside before trusting it: a filter is what it does, not what it says."""

from __future__ import annotations

import ctypes
import os
import platform
import secrets
from collections.abc import Callable
from pathlib import Path

from autograder.sandbox.client import Worker
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.sources import Submission

PROBE = Path(__file__).with_name("probe.py")
VARIABLE = "AUTOGRADER_CANARY"
# What a process can call past its own table of system calls, on the machines that have another.
FOREIGN = {"x86_64": ("call_x32", "call_32_bit")}


class Canary:
    """A secret in this process's memory, environment and descriptors.

    Made before the fork server starts and kept until the self-test is over: what the fork server
    inherits, its workers would have.
    """

    def __init__(self) -> None:
        secret = secrets.token_hex(16).encode()
        self._memory = ctypes.create_string_buffer(secret)
        self._descriptor = os.memfd_create("canary", 0)
        os.set_inheritable(self._descriptor, True)
        os.write(self._descriptor, secret)
        os.environ[VARIABLE] = secret.decode()

    def where(self) -> tuple[str, int, int, int, int, str]:
        """The arguments of `probe.escapes`."""
        address, size = ctypes.addressof(self._memory), ctypes.sizeof(self._memory)
        return str(PROBE), os.getpid(), address, size, self._descriptor, VARIABLE

    def __enter__(self) -> Canary:
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self._descriptor)
        os.environ.pop(VARIABLE, None)


def submission() -> Submission:
    """The submission that tries to get out."""
    return Submission({"nn/__init__.py": "", "nn/probe.py": PROBE.read_text(encoding="utf-8")})


def run(worker: Callable[[], Worker], canary: Canary) -> None:
    """Raise `SandboxError` unless every way out is shut; each `worker()` runs `submission`."""
    with worker() as attacker:
        reply = attacker.call("escapes", canary.where(), {}, "any")
        if reply.value != []:
            raise _open(reply.value or reply.failure)
        reply = attacker.call("run_a_program", (), {}, "any")
        if reply.value != "shut":
            raise _open(["run a program", reply.failure])
        # Each ends the process; the worker starts another for the next.
        for name in FOREIGN.get(platform.machine(), ()):
            failure = attacker.call(name, (), {}, "any").failure
            # A kernel without the 32-bit gate answers with SIGSEGV.
            if failure is None or failure.type not in ("SIGSYS", "SIGSEGV"):
                raise _open([f"{name}: a system call of a foreign ABI", failure])


def _open(found: object) -> SandboxError:
    return SandboxError(
        f"nothing is graded: the sandbox's test of itself got out ({found}). Something around this "
        "grader (a container, an emulator) changes what its layers do; grade on another machine"
    )
