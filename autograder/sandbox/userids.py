"""A user id of its own for each worker, so that it owns nothing and can signal nobody.

The kernel's limit on processes counts by user id, and does not bind root at all: it bites here.
"""

from __future__ import annotations

import os

# Workers alive at one time below one fork server.
SLOTS = 64
# Nothing hands these ids out: systemd's list of ranges ends below, and the next bit is the sign.
START = 0x70000000
SERVERS = 1 << 22  # the most pids that Linux can have
# A container may know 65,536 ids only.
LOW_START = 0x8000
LOW_SERVERS = 384


def candidates(server: int, slot: int) -> tuple[int, int]:
    """Give the ids for a worker to try in turn; `server` is the pid of its fork server.

    Two workers that live at the same time have two ids, whichever fork server made them, as long
    as fewer than `LOW_SERVERS` of these run where only the low ids exist.
    """
    return (
        START + server % SERVERS * SLOTS + slot,
        LOW_START + server % LOW_SERVERS * SLOTS + slot,
    )


def apply(ids: tuple[int, ...]) -> int:
    """Become the first of `ids` that exists here, for good; gives which."""
    if os.geteuid() != 0:
        raise PermissionError("only root can give each worker a user id of its own")
    for number in ids[:-1]:
        try:
            return _become(number)
        except OSError:
            continue
    return _become(ids[-1])


def _become(number: int) -> int:
    os.setgroups([])
    os.setresgid(number, number, number)
    os.setresuid(number, number, number)
    return number
