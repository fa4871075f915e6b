"""Namespaces of our own and an empty root, where there is no bubblewrap.

They are entered after everything is loaded, so that the root can be empty altogether.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from autograder.sandbox import kernel

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
ALL = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT = 32
MS_REC_PRIVATE = 0x4000 | 0x40000
MNT_DETACH = 2

CAP_KILL, CAP_SETGID, CAP_SETUID = 5, 6, 7


class Namespaces:
    """The fork server in namespaces that it makes itself."""

    name = "namespaces"
    shown = "own namespaces with an empty root"

    def missing(self) -> str:
        return ""

    def command(self, program: Sequence[str]) -> list[str]:
        return list(program)

    def enter(self) -> None:
        _unshare()
        _empty_root()
        # The pid namespace begins with the next process: its end is the end of all in it.
        parent = os.getpid()
        pid = os.fork()
        if pid:
            _wait(pid)
        kernel.die_with(parent)
        # For the user id of each worker; `setresuid` takes these from it too.
        kernel.keep_capabilities(*((CAP_KILL, CAP_SETGID, CAP_SETUID) if _is_root() else ()))


def _is_root() -> bool:
    return os.geteuid() == 0


def _unshare() -> None:
    # Root needs no user namespace, and without one has an id for each worker. A container's root
    # may lack the right, and a user namespace then gives it.
    if _is_root():
        with contextlib.suppress(OSError):
            return _call("unshare", ALL)
    user, group = os.geteuid(), os.getegid()
    # The kernel gives the files below to root as long as this process cannot be dumped.
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
    try:
        _call("unshare", ALL | CLONE_NEWUSER)
        own = Path("/proc/self")
        (own / "setgroups").write_text("deny", encoding="ascii")
        (own / "uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        (own / "gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    finally:
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)


def _empty_root() -> None:
    # Any folder will do: in this namespace alone, an empty one is mounted over it.
    folder = os.fsencode(Path(__file__).parent)
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _call("mount", None, b"/", None, MS_REC_PRIVATE, None)
    _call("mount", b"none", folder, b"tmpfs", flags, b"size=4k,mode=555")
    os.chdir(folder)
    # The old root comes to lie over the new one, and is taken off.
    _call("pivot_root", b".", b".")
    _call("umount2", b".", MNT_DETACH)
    os.chdir("/")
    _call("mount", None, b"/", None, MS_REMOUNT | MS_RDONLY | flags, None)


def _call(name: str, *arguments: object) -> None:
    converted = [
        ctypes.c_ulong(argument) if isinstance(argument, int) else argument
        for argument in arguments
    ]
    try:
        function = getattr(kernel.libc(), name)
    except AttributeError:
        raise OSError(errno.ENOSYS, f"the C library has no {name}") from None
    kernel.check(function(*converted), name)


def _wait(pid: int) -> NoReturn:
    # The control socket above all: its end tells the grader that the fork server is gone.
    os.closerange(3, 1 << 16)
    status = os.waitpid(pid, 0)[1]
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
