"""The system calls that a worker may make on aarch64. Every other one fails with EPERM.

The choice is that of `syscalls_x86_64`, which says why for each. What is missing here beside it
(poll, select, dup2, pause, time, getpgrp) this architecture does not have: the C library makes it
of calls that are in the table, but for getpgrp, which it makes of getpgid: that is refused.
"""

from __future__ import annotations

AUDIT_ARCH = 0xC00000B7

# One table of numbers for this architecture; 32-bit code shows as another architecture.
FIRST_FOREIGN: int | None = None

ALLOWED: dict[str, int] = {
    "read": 63,
    "write": 64,
    "close": 57,
    "fstat": 80,
    "lseek": 62,
    "pread64": 67,
    "pwrite64": 68,
    "readv": 65,
    "writev": 66,
    "dup": 23,
    "dup3": 24,
    "pselect6": 72,
    "ppoll": 73,
    "close_range": 436,
    "mmap": 222,
    "mprotect": 226,
    "munmap": 215,
    "brk": 214,
    "mremap": 216,
    "msync": 227,
    "mincore": 232,
    "madvise": 233,
    "rt_sigaction": 134,
    "rt_sigprocmask": 135,
    "rt_sigreturn": 139,
    "rt_sigpending": 136,
    "rt_sigtimedwait": 137,
    "sigaltstack": 132,
    "futex": 98,
    "sched_yield": 124,
    "nanosleep": 101,
    "gettimeofday": 169,
    "times": 153,
    "restart_syscall": 128,
    "getpid": 172,
    "uname": 160,
    "getcwd": 17,
    "getrlimit": 163,
    "getrusage": 165,
    "sysinfo": 179,
    "getuid": 174,
    "getgid": 176,
    "geteuid": 175,
    "getegid": 177,
    "getppid": 173,
    "gettid": 178,
    "sched_getaffinity": 123,
    "getcpu": 168,
    "getrandom": 278,
    "exit": 93,
    "exit_group": 94,
}

CLOCKS = {"clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115}
FCNTL = 25
TGKILL = 131
PRLIMIT64 = 261
CLONE3 = 435
