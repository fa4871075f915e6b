"""The closed world: a seccomp filter that leaves a worker no call that reaches outside."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import Protocol

from autograder.sandbox import kernel, syscalls_aarch64, syscalls_x86_64

PR_SET_SECCOMP = 22
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

# fcntl: only asking and copying a descriptor. F_SETOWN with O_ASYNC would send a signal elsewhere.
F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC = 0, 1, 2, 3, 1030
FCNTL_COMMANDS = (F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC)

# The clocks of the machine and of the process itself. A negative number is another process's CPU
# time: it would tell how long the grader computes.
CLOCK_COUNT = 12

Instruction = tuple[int, int, int, int]


class Table(Protocol):
    """The numbers of one architecture: a module `syscalls_ARCHITECTURE`."""

    AUDIT_ARCH: int
    FIRST_FOREIGN: int | None  # from here on, the numbers are another table's
    ALLOWED: dict[str, int]
    CLOCKS: dict[str, int]
    FCNTL: int
    TGKILL: int
    PRLIMIT64: int
    CLONE3: int


TABLES: dict[str, Table] = {"x86_64": syscalls_x86_64, "aarch64": syscalls_aarch64}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def missing() -> str:
    """Say why there can be no filter on this machine; empty where there may be one."""
    if sys.platform != "linux":
        return f"seccomp exists on Linux only, and this is {sys.platform}"
    # A 32-bit Python on a 64-bit kernel makes its calls by another table.
    if platform.machine() not in TABLES or sys.maxsize < 1 << 32:
        return (
            f"the tables of system calls are for {' and '.join(TABLES)} in 64 bits, "
            f"and this is {platform.machine()}"
        )
    return ""


def apply() -> None:
    """Close the filter around this process, for good."""
    if why := missing():
        raise OSError(errno.ENOSYS, why)
    steps = program(TABLES[platform.machine()], os.getpid())
    code = b"".join(struct.pack("<HBBI", *step) for step in steps)
    filter_ = _Program(len(code) // 8, code)
    kernel.no_new_privileges()
    kernel.check(
        kernel.libc().prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filter_), 0, 0),
        "seccomp",
    )


def program(table: Table, pid: int) -> list[Instruction]:
    """Build the filter of the process `pid`."""
    foreign = table.FIRST_FOREIGN
    return [
        _load(ARCH),
        # A foreign ABI has other numbers for the same calls: there is no honest use of one.
        (EQUAL, 1, 0, table.AUDIT_ARCH),
        _return(KILL),
        _load(NUMBER),
        *([] if foreign is None else [(AT_LEAST, 0, 1, foreign), _return(KILL)]),
        *(step for number in table.ALLOWED.values() for step in _call(number, [_return(ALLOW)])),
        # ENOSYS makes the C library fall back to clone, which is refused like every other call.
        *_call(table.CLONE3, [_return(ERRNO | errno.ENOSYS)]),
        *(step for number in table.CLOCKS.values() for step in _call(number, _own_clock())),
        *_call(table.FCNTL, _argument_is(1, FCNTL_COMMANDS)),
        # raise() and abort() signal their own thread.
        *_call(table.TGKILL, _argument_is(0, (pid,))),
        *_call(table.PRLIMIT64, _reads_own_limit()),
        _refuse(),
    ]


def _call(number: int, block: list[Instruction]) -> list[Instruction]:
    return [(EQUAL, 0, len(block), number), *block]


def _argument_is(index: int, values: tuple[int, ...]) -> list[Instruction]:
    # The low half is enough: these arguments are 32-bit in the kernel, which drops the upper half.
    block = [_load(ARGUMENTS + 8 * index)]
    for value in values:
        block += [(EQUAL, 0, 1, value), _return(ALLOW)]
    return [*block, _refuse()]


def _own_clock() -> list[Instruction]:
    return [_load(ARGUMENTS), (AT_LEAST, 0, 1, CLOCK_COUNT), _refuse(), _return(ALLOW)]


def _reads_own_limit() -> list[Instruction]:
    # The process must be this one, and the pointer to a new limit NULL.
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
