"""The sandbox: a fork server, a level of isolation, and the workers made with them."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Collection

from autograder.sandbox import levels, selftest
from autograder.sandbox.client import Worker
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.limits import Limits
from autograder.sandbox.sources import Submission


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
        The lowest level of isolation to accept; the strongest at hand is used. At "weak" code can
        read the grader's files and memory: for one's own code only.
    level
        Exactly this level, as a name of `available_levels`.

    Raises
    ------
    SandboxError
        When the level is not to be had, or the sandbox's test of itself found a way out.
    """

    def __init__(
        self, limits: Limits | None = None, *, require: str = "kernel", level: str | None = None
    ) -> None:
        self.limits = limits if limits is not None else Limits()
        self._workers: weakref.WeakSet[Worker] = weakref.WeakSet()
        with selftest.Canary() as canary:
            opened = levels.open_best(require) if level is None else levels.open_exactly(level)
            self.level = opened.level
            self.layers = opened.shown
            self.missing = opened.missing
            self._server = opened.server
            self._layers = opened.layers
            try:
                if self.level != levels.WEAK:
                    selftest.run(self._probe, canary)
            except BaseException:
                self.close()
                raise

    def worker(
        self,
        submission: Submission,
        *,
        component: str,
        limits: Limits | None = None,
        long_calls: Collection[str] = (),
    ) -> Worker:
        """Make a backend for one component; its process starts at the first call.

        `limits` are those of this worker alone, where they are not the sandbox's; `long_calls`
        names the functions that have `Limits.long_cpu` for a call.
        """
        worker = Worker(
            self._server,
            submission,
            component,
            limits or self.limits,
            self._layers,
            long_calls=frozenset(long_calls),
        )
        self._workers.add(worker)
        return worker

    def _probe(self) -> Worker:
        return self.worker(selftest.submission(), component="probe")

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
