"""A submission in a sandbox, as the grader calls it."""

from __future__ import annotations

import contextlib
import os
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.sandbox import replies, wire
from autograder.sandbox.errors import ProtocolError, SandboxError, TooLarge
from autograder.sandbox.launcher import ForkServer
from autograder.sandbox.limits import MIB, Limits
from autograder.sandbox.packing import pack
from autograder.sandbox.process import Ended, Process
from autograder.sandbox.sources import Submission
from shared.calls import Failure, Handle, Reply, Spec
from shared.invoke import unseal

# A class must not wait for one endless loop in every test of it; an honest call takes milliseconds.
IMPATIENT = 0.25  # of the time before, after each timeout of a function that no answer followed
LEAST = 0.1  # seconds that are left to it whatever happened
# Nor for one that is always just fast enough: all calls of a worker together have this much.
LIVES = 2  # times `worker_cpu` of CPU time; of sleep, what one call has
# Each process of a worker numbers its handles in a range of its own: what it keeps itself in the
# lower half, generators, which the grader numbers, in the upper.
RANGE = 1 << 32
HALF = 1 << 31
# The rest waits for the next request, whose header has its bounds.
MOST_DROPPED = 10_000
GONE = "an earlier call ended the process that held this value"


class Worker:
    """A component of a submission in a process of its own; a `shared.calls.Backend`.

    The process is forked at the first call, and again after one that ended it. Made by
    `Sandbox.worker`.
    """

    def __init__(
        self,
        server: ForkServer,
        submission: Submission,
        component: str,
        limits: Limits,
        layers: tuple[str, ...],
        *,
        metered: bool = False,
        long_calls: frozenset[str] = frozenset(),
    ) -> None:
        self._long_calls = long_calls
        self._server = server
        self._submission = submission
        self._component = component
        self._limits = limits
        self._layers = layers
        self._is_metered = metered
        self._sources = {
            path: np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
            for path, text in submission.files.items()
        }
        # A file without text has its first line all the same, and ends maybe without a line break.
        self._lines = {path: text.count("\n") + 1 for path, text in submission.files.items()}
        self._process: Process | None = None
        self._forked_by = 0
        # The number of the process that runs, or of the next one; handles carry it.
        self._generation = 1
        self._deaths: dict[int, Failure] = {}
        self._unloadable: Failure | None = None
        self._closed = False
        self._requests = 0
        self._timeouts: Counter[str] = Counter()
        self._spent = 0.0  # seconds of CPU time, and of sleep, in all of its processes
        self._slept = 0.0
        # The garbage collector appends at any moment, so only atomic operations touch it.
        self._dropped: deque[int] = deque()
        self._generators: list[tuple[int, int]] = []
        self._generators_made = 0
        self._twin: Worker | None = None

    @property
    def pid(self) -> int | None:
        """The pid of the process, where one runs."""
        return None if self._process is None else self._process.pid

    def call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        returns: Spec,
        *,
        count: bool = False,
    ) -> Reply:
        """Call a function of the component.

        Raises
        ------
        SandboxError
            When the sandbox failed, or the test passed what no worker can take; never for what the
            student's code did.
        """
        try:
            process = self._running()
            if process is None:
                return Reply(failure=self._unloadable)
            # Before anything is queued for a request that may then not be sent.
            unseal((tuple(args), dict(kwargs)), self._check)
            queued = (self._take_dropped(), self._take_generators())
            request = ("call", name, tuple(args), dict(kwargs), returns, count, *queued)
            limits = self._limits
            whole = limits.long_cpu if name in self._long_calls else limits.call_cpu
            if self._spent > LIVES * limits.worker_cpu:
                whole = LEAST
            cpu = min(whole, max(LEAST, whole * IMPATIENT ** self._timeouts[name]))
            reply = self._exchange(process, request, cpu)
            self._timeouts[name] = max(0, self._timeouts[name] - 1)
            if reply.failure is not None and reply.failure.kind == "memory":
                # What filled it may still be there, and would fail the next call.
                process.kill()
                self._bury(reply.failure)
            return reply
        except _Stale as stale:
            return Reply(failure=replace(stale.failure, message=GONE))
        except Ended as ended:
            if ended.failure.kind == "timeout":
                self._timeouts[name] += 1
            self._bury(ended.failure)
            return Reply(failure=ended.failure)

    def generator(self, seed: int) -> Handle:
        """A `numpy.random.Generator` beside the student's code; it advances from call to call."""
        if seed < 0:
            raise ValueError(f"a seed is not negative, got {seed}")
        self._generators_made += 1
        key = self._generation * RANGE + HALF + self._generators_made
        # Made with the next call: a round trip for each would double the cost of a test.
        self._generators.append((key, int(seed)))
        return Handle(self, key)

    def metered(self) -> Worker:
        """The same submission in a second process, where C-level loops are counted too."""
        if self._twin is None:
            self._twin = Worker(
                self._server,
                self._submission,
                self._component,
                self._limits,
                self._layers,
                metered=True,
                long_calls=self._long_calls,
            )
        return self._twin

    def drop(self, key: int) -> None:
        """Forget a handle; the worker hears of it with the next call."""
        self._dropped.append(key)

    def close(self) -> None:
        """End the process, and the metered one's."""
        self._closed = True
        if self._twin is not None:
            self._twin.close()
        process, self._process = self._process, None
        if process is not None and self._forked_by == os.getpid():
            process.kill()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _running(self) -> Process | None:
        if self._closed:
            raise SandboxError("this worker is closed; ask the Sandbox for another")
        if self._process is not None and self._forked_by != os.getpid():
            # This grader is a fork of the one that started the process: two cannot share its pipes.
            self._bury(Failure("crashed", message=GONE))
        if self._process is None and self._unloadable is None:
            self._start()
        return self._process

    def _start(self) -> None:
        process = Process(self._server, self._limits, self._layers)
        try:
            process.exchange(b"", cpu=self._limits.load_cpu, body_cap=0)
        except Ended as ended:
            raise SandboxError(
                f"a worker could not be closed in by {', '.join(self._layers)} ({ended.failure})"
            ) from None
        self._process, self._forked_by = process, os.getpid()
        first_key = self._generation * RANGE
        cap = self._reply_cap()
        request = ("load", self._component, self._sources, self._is_metered, first_key, cap)
        try:
            self._unloadable = self._exchange(process, request, self._limits.load_cpu).failure
        except Ended as ended:
            # The file says that it happened while loading, and not in a function.
            self._unloadable = replace(ended.failure, file=f"nn/{self._component}.py")
        if self._unloadable is not None:
            # Another fork would load the same files to the same end.
            process.kill()
            self._bury(self._unloadable)

    def _exchange(self, process: Process, request: tuple[Any, ...], cpu: float) -> Reply:
        self._requests += 1
        number = self._requests
        kind, *rest = request
        try:
            packed = pack((kind, number, *rest), key_of=_key_of, trusted=True)
        except (TooLarge, TypeError) as error:
            raise SandboxError(f"a test's arguments cannot be sent to a worker: {error}") from None
        wall = self._limits.call_wall
        wall = LEAST if self._slept > wall else wall
        before, slept = process.cpu(), process.slept
        try:
            frame, used = process.exchange(packed, cpu=cpu, body_cap=self._reply_cap(), wall=wall)
        except Ended:
            raise
        except BaseException:
            # Ctrl-C, or an alarm of the test's: a half-read reply would be taken for the next one.
            process.kill()
            self._bury(Failure("crashed", message=GONE))
            raise
        finally:
            self._spent += process.last_cpu - before
            self._slept += process.slept - slept
        try:
            value = wire.unpack(frame, handle=self._handle, body_cap=self._reply_cap())
            reply = replies.parse(value, number, self._lines)
        except ProtocolError as error:
            raise process.broke_protocol(str(error)) from None
        count = reply.count
        if count is not None and process.meddled:
            count = replace(count, intact=False)
        return replace(reply, count=count, cpu_seconds=used)

    def _bury(self, failure: Failure) -> None:
        self._process = None
        self._deaths[self._generation] = failure
        self._generation += 1
        self._generators.clear()

    def _take_dropped(self) -> list[int]:
        dropped = [self._dropped.popleft() for _ in range(min(len(self._dropped), MOST_DROPPED))]
        return [key for key in dropped if key // RANGE == self._generation]

    def _take_generators(self) -> list[tuple[int, int]]:
        taken, self._generators = self._generators, []
        return taken

    def _check(self, handle: Handle) -> Handle:
        if handle._owner is not self:
            raise SandboxError("a test passed one worker's handle to another worker")
        generation = handle._key // RANGE
        if generation != self._generation:
            raise _Stale(self._deaths[generation])
        return handle

    def _handle(self, key: int) -> Handle:
        if not 0 < key - self._generation * RANGE < HALF:
            raise ProtocolError("a handle's number is out of range")
        return Handle(self, key)

    def _reply_cap(self) -> int:
        return self._limits.reply_mb * MIB


def _key_of(handle: Handle) -> int:
    return handle._key


class _Stale(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure
