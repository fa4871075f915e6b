"""The filter's program for each architecture, run by an interpreter."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from autograder.sandbox import seccomp
from autograder.sandbox.seccomp import ALLOW, ERRNO, KILL, TABLES

PID = 4711
REFUSED = ERRNO | errno.EPERM
# Beside those that both have: calls that the newer architecture makes of others.
OLD = {"poll", "select", "dup2", "pause", "time", "getpgrp"}
# Calls that must never be let through, by architecture.
OUTSIDE_TEXT = {
    "x86_64": """
    open=2 stat=4 ioctl=16 access=21 socketpair=53 pipe=22 socket=41 connect=42 sendto=44
    sendmsg=46 clone=56 fork=57 vfork=58 execve=59 kill=62 rename=82 unlink=87 ptrace=101
    setuid=105 prctl=157 mount=165 tkill=200 openat=257 newfstatat=262 unshare=272
    process_vm_readv=310 seccomp=317 memfd_create=319 bpf=321 execveat=322 statx=332
    pidfd_send_signal=424 io_uring_setup=425 pidfd_open=434 openat2=437 pidfd_getfd=438
    io_uring_enter=426 setrlimit=160
    """,
    "aarch64": """
    openat=56 fstatat=79 ioctl=29 faccessat=48 pipe2=59 socket=198 socketpair=199 connect=203
    sendto=206 sendmsg=211 clone=220 execve=221 kill=129 tkill=130 renameat=38 unlinkat=35
    ptrace=117 setuid=146 prctl=167 mount=40 unshare=97 process_vm_readv=270 seccomp=277
    memfd_create=279 bpf=280 execveat=281 statx=291 pidfd_send_signal=424 io_uring_setup=425
    io_uring_enter=426 pidfd_open=434 openat2=437 pidfd_getfd=438 setrlimit=164 getpgid=155
    """,
}
OUTSIDE = {
    machine: {name: int(number) for name, number in (pair.split("=") for pair in text.split())}
    for machine, text in OUTSIDE_TEXT.items()
}

LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06

machines = pytest.mark.parametrize("machine", TABLES)


def run(program, *, number, arch, arguments=()):
    """Interpret a filter: what it returns for one system call."""
    filled = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, arch, 0, *(value % (1 << 64) for value in filled))
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, k = program[at]
        at += 1
        if code == LOAD:
            assert k % 4 == 0
            assert 0 <= k <= len(data) - 4
            (accumulator,) = struct.unpack_from("<I", data, k)
        elif code == EQUAL:
            at += if_true if accumulator == k else if_false
        elif code == AT_LEAST:
            at += if_true if accumulator >= k else if_false
        else:
            assert code == RETURN
            return k


@pytest.fixture
def answer(machine):
    """What the filter of a machine says to a call."""
    table = TABLES[machine]
    program = seccomp.program(table, PID)

    def answer(number, *arguments, arch=table.AUDIT_ARCH):
        return run(program, number=number, arch=arch, arguments=arguments)

    return answer


@machines
def test_the_program_is_one_that_the_kernel_can_hold(machine):
    table = TABLES[machine]
    program = seccomp.program(table, PID)
    assert len(program) < 4096
    for at, (_, if_true, if_false, k) in enumerate(program):
        assert max(if_true, if_false) < 256
        assert at + 1 + max(if_true, if_false) < len(program) + (program[at][0] == 0x06)
        assert 0 <= k < 1 << 32
    checked = [table.FCNTL, table.TGKILL, table.PRLIMIT64, table.CLONE3, *table.CLOCKS.values()]
    numbers = [*table.ALLOWED.values(), *checked]
    assert len(set(numbers)) == len(numbers)


@machines
def test_every_number_is_let_through_or_refused_as_the_table_says(machine, answer):
    table = TABLES[machine]
    checked = {table.FCNTL, table.TGKILL, table.PRLIMIT64, table.CLONE3, *table.CLOCKS.values()}
    allowed = set(table.ALLOWED.values())
    for number in range(2000):
        if number not in checked:
            assert answer(number, 1, 9, 1) == (ALLOW if number in allowed else REFUSED), number
    assert answer(table.CLONE3) == ERRNO | errno.ENOSYS


@machines
def test_no_call_that_reaches_outside_is_let_through(machine, answer):
    for name, number in OUTSIDE[machine].items():
        assert name not in TABLES[machine].ALLOWED
        assert answer(number) == REFUSED, name


@machines
def test_a_foreign_architecture_kills(machine, answer):
    table = TABLES[machine]
    # i386, arm, riscv64, and the other of our two.
    others = {0x40000003, 0x40000028, 0xC00000F3, 0xC000003E, 0xC00000B7} - {table.AUDIT_ARCH}
    for arch in others:
        for number in (*table.ALLOWED.values(), 11):
            assert answer(number, arch=arch) == KILL


def test_the_x32_table_kills():
    table = TABLES["x86_64"]
    program = seccomp.program(table, PID)
    for number in (0x40000000, 0x40000000 | 39, 0x40000000 | 520, 0x7FFFFFFF, 0xFFFFFFFF):
        assert run(program, number=number, arch=table.AUDIT_ARCH) == KILL


@machines
def test_a_descriptor_may_be_copied_and_asked_about_only(machine, answer):
    fcntl = TABLES[machine].FCNTL
    commands = {command for command in range(2048) if answer(fcntl, 1, command) == ALLOW}
    assert commands == {0, 1, 2, 3, 1030}
    # The kernel takes the lower half of the command.
    assert answer(fcntl, 1, 1 << 32 | 4) == REFUSED
    assert answer(fcntl, 1, 1 << 32 | 3) == ALLOW


@machines
def test_a_thread_may_signal_its_own_process_only(machine, answer):
    tgkill = TABLES[machine].TGKILL
    assert answer(tgkill, PID, PID, 6) == ALLOW
    for other in (0, 1, PID + 1, -1, -PID):
        assert answer(tgkill, other, PID, 6) == REFUSED


@machines
def test_a_clock_may_not_be_another_process(machine, answer):
    for number in TABLES[machine].CLOCKS.values():
        assert {clock for clock in range(40) if answer(number, clock) == ALLOW} == set(range(12))
        for clock in (~PID << 3 | 2, -1, -6, 1 << 31):
            assert answer(number, clock) == REFUSED


@machines
def test_a_limit_may_be_read_only_and_of_oneself(machine, answer):
    prlimit = TABLES[machine].PRLIMIT64
    assert answer(prlimit, 0, 7, 0, 0xDEADBEEF) == ALLOW
    for process, new in ((0, 1), (0, 1 << 32), (0, -1), (PID, 0), (1, 1 << 40)):
        assert answer(prlimit, process, 7, new, 0) == REFUSED


def test_both_architectures_allow_the_same():
    old, new = (set(TABLES[machine].ALLOWED) for machine in ("x86_64", "aarch64"))
    assert old - new == OLD
    assert new <= old


def test_the_numbers_of_aarch64_are_the_kernels():
    # Every architecture that came after 2011 has the numbers of this header.
    header = Path("/usr/include/asm-generic/unistd.h")
    if not header.exists():
        pytest.skip("the kernel's headers are not installed")
    text = header.read_text(encoding="ascii")
    numbers = dict(re.findall(r"^#define __NR(?:3264)?_(\w+) (\d+)$", text, re.MULTILINE))
    table = TABLES["aarch64"]
    ours = {**table.ALLOWED, **table.CLOCKS, **OUTSIDE["aarch64"]}
    ours |= {"fcntl": table.FCNTL, "tgkill": table.TGKILL, "clone3": table.CLONE3}
    ours |= {"prlimit64": table.PRLIMIT64}
    assert {name: int(numbers[name]) for name in ours} == ours
