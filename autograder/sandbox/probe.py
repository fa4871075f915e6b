"""A submission of our own that tries to get out; `selftest` runs it before anyone is graded.

It stands in a worker for `nn/probe.py`, so it imports nothing of the kit.
"""

from __future__ import annotations

import _thread
import ctypes
import errno
import fcntl
import mmap
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Refused, or not there at all. Anything else (no such file, no such process) means that the call
# was made and found nothing, which is luck.
REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS)
# Unlike PTRACE_ATTACH it does not stop what it attaches to: the grader, if the filter is broken.
PTRACE_SEIZE = 0x4206
PIDFD_GETFD = 438  # on every architecture, as IO_URING_SETUP
IO_URING_SETUP = 425
CLONE_NEWUSER = 0x10000000
X32_GETPID = 0x40000000 | 39
OWN_DESCRIPTORS = 5


class _Span(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("size", ctypes.c_size_t))


def escapes(*canary: Any) -> list[str]:
    """Try each way out and name those that are open; the arguments are those of `attempts`."""
    return [name for name, attempt in attempts(*canary).items() if _is_open(attempt)]


def attempts(
    file: str, grader: int, address: int, size: int, descriptor: int, variable: str
) -> dict[str, Callable[[], object]]:
    """Give each way out by its name.

    Parameters
    ----------
    file
        A file of the grader's.
    grader
        Its pid.
    address, size
        Where its memory holds a secret.
    descriptor
        Which descriptor of it holds the secret.
    variable
        Which variable of its environment holds the secret.
    """
    return {
        "open a file": lambda: open(file, "rb").close(),
        "write a file": lambda: os.close(os.open(file, os.O_WRONLY)),
        "look at a file": lambda: os.stat(file),
        "list a folder": lambda: os.listdir(Path(file).parent),
        "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        "open a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "make a memory file": lambda: os.close(os.memfd_create("canary")),
        "signal the grader": lambda: os.kill(grader, 0),
        "signal the fork server": lambda: os.kill(os.getppid(), 0),
        "read the grader's memory": lambda: _peek(grader, address, size),
        "open the grader's memory": lambda: open(f"/proc/{grader}/mem", "rb").close(),
        "read the grader's environment": lambda: open(f"/proc/{grader}/environ").close(),
        "take the grader's descriptor": lambda: _take(grader, descriptor),
        "hold a descriptor too many": _inherited,
        "see the grader's environment": lambda: _seen(variable),
        "trace the grader": lambda: _libc("ptrace", PTRACE_SEIZE, grader, 0, 0),
        "raise its own limits": lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
        "make an io_uring": lambda: _libc("syscall", IO_URING_SETUP, 1, bytes(120)),
        "start a thread": lambda: _thread.start_new_thread(int, ()),
        "fork": _fork,
        "make a namespace": lambda: _libc("unshare", CLONE_NEWUSER),
    }


def run_a_program() -> str:
    """Try to become another program; where that works, nothing of this one is left to answer."""
    return "open" if _is_open(lambda: os.execv("/bin/true", ["true"])) else "shut"


def call_x32() -> int:
    """Make a call of the x32 table; the filter kills this process for it."""
    return int(ctypes.CDLL(None).syscall(X32_GETPID))


def call_32_bit() -> int:
    """Make a call of the 32-bit table by its own gate; the filter kills this process for it."""
    # mov eax, 20 (getpid); int 0x80; ret
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8\x14\0\0\0\xcd\x80\xc3")
    start = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return int(ctypes.CFUNCTYPE(ctypes.c_int)(start)())


def _is_open(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (RuntimeError, ValueError):
        # How Python says that a thread, or a limit, was refused.
        return False
    except OSError as error:
        return error.errno not in REFUSED
    return True


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _peek(pid: int, address: int, size: int) -> None:
    buffer = ctypes.create_string_buffer(size)
    mine = _Span(ctypes.addressof(buffer), size)
    theirs = _Span(address, size)
    _libc("process_vm_readv", pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)


def _take(pid: int, descriptor: int) -> None:
    pidfd = os.pidfd_open(pid)
    try:
        os.close(_libc("syscall", PIDFD_GETFD, pidfd, descriptor, 0))
    finally:
        os.close(pidfd)


def _inherited() -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    for number in range(OWN_DESCRIPTORS, max(limit, 256)):
        try:
            fcntl.fcntl(number, fcntl.F_GETFD)
        except OSError:
            continue
        return
    raise PermissionError(errno.EPERM, "there is none")


def _seen(variable: str) -> None:
    if variable not in os.environ:
        raise PermissionError(errno.EPERM, "it is not there")


def _libc(name: str, *arguments: object) -> int:
    result = int(getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
