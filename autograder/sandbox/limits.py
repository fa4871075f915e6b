"""How much a worker may use, and the kernel's limits that hold it there."""

from __future__ import annotations

import math
import mmap
import resource
from dataclasses import dataclass, fields

MIB = 1 << 20
# 0 to 4 are in use; the rest leaves a student's os.dup or os.pipe a little room and no more.
OPEN_FILES = 16


@dataclass(frozen=True)
class Limits:
    """What a worker may use.

    Parameters
    ----------
    call_cpu
        Seconds of CPU time for one call. The verdict on time is by this number, so a busy machine
        changes nothing.
    long_cpu
        The same for a function of which it is known that it takes long.
    call_wall
        Seconds that one call may sleep. Time in which it waits for a core does not count, up to ten
        times this, where the kernel tells (``/proc/PID/schedstat``); where it does not, keep this
        far above `call_cpu`.
    load_cpu
        Seconds of CPU time to import the component.
    worker_cpu
        Seconds of CPU time for the whole life of a worker.
    memory_mb
        Memory over what a worker has at its start.
    output_kb
        Text printed in one call. More ends the worker.
    reply_mb
        Size of the arrays in one reply.
    """

    call_cpu: float = 2.0
    long_cpu: float = 15.0
    call_wall: float = 20.0
    load_cpu: float = 5.0
    worker_cpu: float = 60.0
    memory_mb: int = 512
    output_kb: int = 4096
    reply_mb: int = 64

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"Limits.{field.name} must be positive, got {value!r}")


def own_address_space() -> int:
    """Measure the address space of this process, in bytes."""
    page = resource.getpagesize()
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * page
    except FileNotFoundError:
        # There is no /proc in an empty root: ask the limit itself.
        return _least_limit(page)


def _least_limit(page: int) -> int:
    before = resource.getrlimit(resource.RLIMIT_AS)
    low, high = 0, (1 << 47) // page
    while low < high:
        middle = (low + high) // 2
        resource.setrlimit(resource.RLIMIT_AS, (middle * page, before[1]))
        try:
            mmap.mmap(-1, page).close()
            high = middle
        except OSError:
            low = middle + 1
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)
    return (low - 1) * page


def apply(limits: Limits, base: int) -> None:
    """Limit this process for good; `base` bytes of address space were there before the student."""
    cpu = math.ceil(limits.worker_cpu)
    address_space = base + limits.memory_mb * MIB
    for what, soft, hard in (
        (resource.RLIMIT_AS, address_space, address_space),
        # SIGXCPU at the soft limit can be caught; the SIGKILL a second later cannot.
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NPROC, 0, 0),
    ):
        # The host may already be stricter, and an ordinary user cannot raise a hard limit.
        ceiling = resource.getrlimit(what)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(what, (soft, hard))
