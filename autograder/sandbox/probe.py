"""A submission of our own that tries to get out; `selftest` runs it before anyone is graded.

It stands in a worker for `nn/probe.py`, so it imports nothing of the kit.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable
from pathlib import Path

PROCESS_VM_READV = 310
PTRACE = 101
# Unlike PTRACE_ATTACH it does not stop what it attaches to: the grader, if the filter is broken.
PTRACE_SEIZE = 0x4206
X32_GETPID = 0x40000000 | 39


class _Span(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("size", ctypes.c_size_t))


def escapes(canary: str, grader: int) -> list[str]:
    """Try each way out and name those that are open."""
    tries: dict[str, Callable[[], object]] = {
        "open a file": lambda: open(canary, "rb").close(),
        "write a file": lambda: os.close(os.open(canary, os.O_WRONLY)),
        "look at a file": lambda: os.stat(canary),
        "list a folder": lambda: os.listdir(Path(canary).parent),
        "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        "open a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "make a memory file": lambda: os.close(os.memfd_create("canary")),
        "signal the grader": lambda: os.kill(grader, 0),
        "trace the grader": lambda: _syscall(PTRACE, PTRACE_SEIZE, grader, 0, 0),
        "read the grader's memory": lambda: _peek(grader),
        "fork": _fork,
        # Last: where it works, nothing of this process is left to answer.
        "run a program": lambda: os.execv("/bin/true", ["true"]),
    }
    return [name for name, attempt in tries.items() if _works(attempt)]


def foreign_abi() -> int:
    """Make a call of the x32 table; the filter kills this process for it."""
    return int(ctypes.CDLL(None).syscall(X32_GETPID))


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _peek(pid: int) -> None:
    # The address does not matter: the kernel asks for permission before it looks (ESRCH, EPERM),
    # and only with it says that nothing is there (EFAULT).
    buffer = ctypes.create_string_buffer(8)
    mine = _Span(ctypes.addressof(buffer), 8)
    theirs = _Span(ctypes.addressof(buffer), 8)
    _syscall(PROCESS_VM_READV, pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)


def _syscall(number: int, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *arguments) < 0 and ctypes.get_errno() != 14:  # EFAULT
        raise OSError(ctypes.get_errno(), "refused")
