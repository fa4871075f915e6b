"""The closed world: a seccomp filter that leaves a worker no call that reaches outside."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from pathlib import Path

from autograder.sandbox import syscalls_x86_64 as table

PR_GET_SECCOMP = 21
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2

KILL = 0x80000000  # SECCOMP_RET_KILL_PROCESS
ALLOW = 0x7FFF0000
ERRNO = 0x00050000

LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
RETURN = 0x06  # BPF_RET | BPF_K

# Offsets into struct seccomp_data.
NUMBER = 0
ARCH = 4
ARGUMENTS = 16

Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def missing() -> str:
    """Say why this host cannot filter system calls; empty where it can."""
    if sys.platform != "linux":
        return f"seccomp exists on Linux only, and this is {sys.platform}"
    if platform.machine() != "x86_64" or sys.maxsize < 1 << 32:
        return f"the table of system calls is for x86_64, and this is {platform.machine()}"
    actions = Path("/proc/sys/kernel/seccomp/actions_avail")
    if actions.exists() and "kill_process" not in actions.read_text(encoding="ascii").split():
        return "this kernel's seccomp cannot kill a process (Linux 4.14 can)"
    if _libc().prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0:
        return "this kernel has no seccomp, or whatever surrounds us blocks it"
    return ""


def apply() -> None:
    """Close the filter around this process, for good."""
    code = b"".join(struct.pack("<HBBI", *instruction) for instruction in program(os.getpid()))
    filter_ = _Program(len(code) // 8, code)
    _check(_libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _check(
        _libc().prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filter_), 0, 0), "seccomp"
    )


def program(pid: int) -> list[Instruction]:
    """Build the filter of the process `pid`."""
    return [
        _load(ARCH),
        # A foreign ABI has other numbers for the same calls: there is no honest use of one.
        (EQUAL, 1, 0, table.AUDIT_ARCH),
        _return(KILL),
        _load(NUMBER),
        (AT_LEAST, 0, 1, table.X32_BIT),
        _return(KILL),
        *(step for number in table.ALLOWED.values() for step in _call(number, [_return(ALLOW)])),
        *_call(table.CLONE3, [_return(ERRNO | errno.ENOSYS)]),
        *(step for number in table.CLOCKS.values() for step in _call(number, _own_clock())),
        *_call(table.FCNTL, _argument_is(1, table.FCNTL_COMMANDS)),
        *_call(table.TGKILL, _argument_is(0, (pid,))),
        *_call(table.PRLIMIT64, _reads_own_limit()),
        _return(ERRNO | errno.EPERM),
    ]


def _call(number: int, block: list[Instruction]) -> list[Instruction]:
    return [(EQUAL, 0, len(block), number), *block]


def _argument_is(index: int, values: tuple[int, ...]) -> list[Instruction]:
    # The low half is enough: these arguments are 32-bit in the kernel, which drops the upper half.
    block = [_load(ARGUMENTS + 8 * index)]
    for value in values:
        block += [(EQUAL, 0, 1, value), _return(ALLOW)]
    return [*block, _return(ERRNO | errno.EPERM)]


def _own_clock() -> list[Instruction]:
    return [_load(ARGUMENTS), (AT_LEAST, 0, 1, table.CLOCK_COUNT), _refuse(), _return(ALLOW)]


def _reads_own_limit() -> list[Instruction]:
    # Both halves of the pointer: one that is zero in the low half alone is a valid address.
    zeros = (ARGUMENTS, ARGUMENTS + 16, ARGUMENTS + 20)
    checks = [step for offset in zeros for step in (_load(offset), (EQUAL, 1, 0, 0), _refuse())]
    return [*checks, _return(ALLOW)]


def _refuse() -> Instruction:
    return _return(ERRNO | errno.EPERM)


def _load(offset: int) -> Instruction:
    return (LOAD, 0, 0, offset)


def _return(action: int) -> Instruction:
    return (RETURN, 0, 0, action)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what} was refused: {os.strerror(number)}")
