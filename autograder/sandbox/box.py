"""The sandbox: a fork server, a level of isolation, and the workers made with them."""

from __future__ import annotations

import contextlib
import weakref

from autograder.sandbox import layers, selftest
from autograder.sandbox.client import Worker
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.launcher import ForkServer
from autograder.sandbox.limits import Limits
from autograder.sandbox.sources import Submission

UNFILTERED = "weak"


class Sandbox:
    """Runs students' code in processes of their own.

    Starting it takes about as long as starting Python with NumPy a few times; a worker then takes
    milliseconds. A grader that forks itself for each submission starts one and uses it in every
    fork; workers belong to the fork that first calls them. Everything ends with `close`, and with
    the thread that made the sandbox.

    Parameters
    ----------
    limits
        What every worker may use.
    require
        The lowest level of isolation to accept.
    level
        Exactly this level, as a name of `available_levels`; the strongest at hand without it.
    allow_weak
        Accept limits alone where this host has nothing better. Code in such a worker can read the
        grader's files and memory: for one's own code only.

    Raises
    ------
    SandboxError
        When the level is not to be had, or the sandbox's test of itself found a way out.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        require: str = "kernel",
        level: str | None = None,
        allow_weak: bool = False,
    ) -> None:
        self.limits = limits if limits is not None else Limits()
        if level is None:
            self.level = layers.choose(require, allow_weak=allow_weak)
        else:
            self.level = layers.exactly(level)
        self.layers = tuple(layer.name for layer in layers.layers_of(self.level))
        self._workers: weakref.WeakSet[Worker] = weakref.WeakSet()
        self._server = ForkServer()
        try:
            if self.level != UNFILTERED:
                selftest.run(lambda: self.worker(selftest.submission(), component="probe"))
        except BaseException:
            self.close()
            raise

    def worker(
        self, submission: Submission, *, component: str, limits: Limits | None = None
    ) -> Worker:
        """Make a backend for one component; its process starts at the first call.

        `limits` are those of this worker alone, where they are not the sandbox's.
        """
        worker = Worker(self._server, submission, component, limits or self.limits, self.level)
        self._workers.add(worker)
        return worker

    def close(self) -> None:
        """End the fork server and every worker."""
        for worker in list(self._workers):
            # A fork server that is gone has taken its workers with it.
            with contextlib.suppress(SandboxError):
                worker.close()
        self._server.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
