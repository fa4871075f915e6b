"""The few calls of the kernel for which Python has no function."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38

CLONE_THREAD = 0x00010000
CAPABILITY_VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3


def libc() -> ctypes.CDLL:
    """Load the C library of this process, as one that remembers errno."""
    return ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """Raise the `OSError` of a call that gave a negative result."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process."""
    check(libc().prctl(option, value, 0, 0, 0), f"prctl({option})")


def no_new_privileges() -> None:
    """Give up what a set-uid program could give: Landlock and seccomp demand it."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent, the process `parent`, ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have ended before the line above. A parent outside of this pid namespace shows as 0.
    if os.getppid() not in (0, parent):
        os._exit(1)


def keep_capabilities(*numbers: int) -> None:
    """Drop every capability but these, of those that this process has."""
    words = [0, 0]
    for number in numbers:
        words[number // 32] |= 1 << number % 32
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    # Effective, permitted and inheritable: of the lower 32 numbers, then of the upper.
    data = (ctypes.c_uint32 * 6)(words[0], words[0], 0, words[1], words[1], 0)
    check(libc().capset(header, data), "capset")


def has_one_thread() -> bool:
    """Say whether this process has the calling thread only."""
    tasks = Path("/proc/self/task")
    if tasks.is_dir():
        return len(list(tasks.iterdir())) == 1
    # Without /proc: this call does nothing, and is refused with EINVAL where there are several.
    return bool(libc().unshare(CLONE_THREAD) == 0 or ctypes.get_errno() != errno.EINVAL)
