"""The levels of isolation, and which of them this machine offers: tried, not guessed."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.sandbox import backends, seccomp
from autograder.sandbox.backends import Backend
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.launcher import ForkServer

# From the weakest to the strongest.
WEAK, KERNEL, SPACES = LEVELS = ("weak", "kernel", "kernel+ns")
# The fork server itself stands on what only Linux has: at least these hold at each level.
ALONE = ("rlimits",)


@dataclass(frozen=True)
class Opened:
    """A fork server of a level."""

    level: str
    server: ForkServer
    layers: tuple[str, ...]  # names of the layers of each worker
    shown: tuple[str, ...]  # what is around a worker, for people
    missing: tuple[str, ...]  # what could be around it, and why it is not


def available_levels() -> tuple[str, ...]:
    """Give the levels that this machine offers, from the weakest to the strongest."""
    found = []
    for level in LEVELS:
        try:
            open_exactly(level, is_trial=True).server.close()
        except SandboxError:
            continue
        found.append(level)
    return tuple(found)


def best_level(require: str) -> str:
    """Give the strongest level of this machine, or raise where it is below `require`."""
    opened = open_best(require, is_trial=True)
    opened.server.close()
    return opened.level


def open_best(require: str, *, is_trial: bool = False) -> Opened:
    """Start a fork server at the strongest level of this machine.

    Raises
    ------
    SandboxError
        When that is below `require`.
    """
    missing: list[str] = []
    for level in reversed(LEVELS[_rank(require) :]):
        try:
            opened = open_exactly(level, is_trial=is_trial)
        except SandboxError as error:
            missing.append(f"no level {level!r}: {error}")
            continue
        return Opened(
            opened.level,
            opened.server,
            opened.layers,
            opened.shown,
            (*missing, *opened.missing),
        )
    raise SandboxError(
        f"this machine cannot isolate a student's code at level {require!r}: "
        f"{'; '.join(missing)}. Grade on Linux (x86_64 or aarch64), in a virtual machine if need "
        "be; level 'weak' is for code that you trust as your own"
    )


def open_exactly(level: str, *, is_trial: bool = False) -> Opened:
    """Start a fork server at this level, or raise where this machine does not offer it."""
    _rank(level)
    if level != WEAK and (why := seccomp.missing()):
        raise SandboxError(why)
    problems = []
    for backend in backends.NAMESPACES if level == SPACES else (backends.PLAIN,):
        why = backend.missing()
        if not why:
            try:
                return _open(level, backend, is_trial)
            except SandboxError as error:
                why = str(error)
        problems.append(f"{backend.name}: {why}")
    raise SandboxError("; ".join(problems))


def _open(level: str, backend: Backend, is_trial: bool) -> Opened:
    server = ForkServer(backend, is_trial=is_trial)
    wanted = [tried for tried in server.tried if level != WEAK or tried.name in ALONE]
    on = [tried for tried in wanted if not tried.why]
    names = tuple(tried.name for tried in on)
    for needed in ALONE if level == WEAK else (*ALONE, "seccomp"):
        if needed not in names:
            server.close()
            why = next(tried.why for tried in server.tried if tried.name == needed)
            raise SandboxError(f"{needed}: {why}")
    around = (backend.shown,) if backend.shown else ()
    return Opened(
        level,
        server,
        names,
        (*around, *map(str, on)),
        tuple(f"no {tried.name}: {tried.why}" for tried in wanted if tried.why),
    )


def _rank(level: str) -> int:
    if level not in LEVELS:
        raise SandboxError(f"no level {level!r}; there are {', '.join(LEVELS)}")
    return LEVELS.index(level)
