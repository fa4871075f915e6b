"""The worker: one fork of the fork server, closed in, which runs one student's code.

Nothing in this process is trusted: what it reports is the student's answer and no more.
"""

from __future__ import annotations

import gc
import os
import random
import sys
from collections.abc import Callable
from dataclasses import astuple
from operator import attrgetter
from typing import Any, NoReturn

import numpy as np

from autograder.sandbox import importer, packing, stubs, tripwires, wire
from autograder.sandbox.errors import TooLarge
from autograder.sandbox.packing import pack
from shared import calls, metering
from shared import invoke as invoking
from shared.calls import Failure, Handle
from shared.invoke import describe, invoke, seal
from shared.twins import install_twins

REQUESTS = 3
REPLIES = 4
FIRST_FREE = 5
# Left with this code, a worker says that its own machinery broke (a student may have patched it).
BROKEN = 113
# Nor was there memory left to read the request.
NO_MEMORY = 114
NAMES = 50
# Taken here, before a student's code can put something else in their places.
_write, _readv = os.write, os.readv


class Worker:
    """Answers requests about one component until the grader closes the pipe."""

    def __init__(self) -> None:
        self._component: Any = None
        self._files: frozenset[str] = frozenset()
        self._kept: dict[int, Any] = {}
        self._next_key = 0
        self._body_cap = 0
        # Where Python work is counted: whether the worker's own code is as it was.
        self._check: Callable[[], None] = _nothing

    def serve(self) -> NoReturn:
        """Answer until the end."""
        send(pack(("ready",), key_of=_key_of))
        while True:
            request = wire.unpack(receive(), handle=_unowned, layouts=True)
            reply = self._answer(request)
            # What was printed belongs to this call; the student may have put anything in place.
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            except BaseException:
                pass
            self._check()
            send(reply)
            # Arrays of a call that is over must not count against the next one's memory.
            del request, reply

    def _answer(self, request: Any) -> bytes:
        kind, number, *rest = request
        try:
            if kind == "load":
                return self._load(number, *rest)
            return self._call(number, *rest)
        except BaseException as error:
            return self._failed(number, self._failure(error))

    def _load(
        self,
        number: int,
        component: str,
        files: dict[str, Any],
        metered: bool,
        first_key: int,
        body_cap: int,
    ) -> bytes:
        sources = {
            path: text.tobytes().decode("utf-8", "surrogatepass").removeprefix("\ufeff")
            for path, text in files.items()
        }
        self._files = frozenset(sources)
        self._next_key = first_key
        self._body_cap = body_cap
        sys.argv[:] = [""]
        # Unseeded draws repeat too: the same submission has to get the same verdict.
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002 - students do draw from the global generator
        if metered:
            install_twins()
            self._check = _watched()
        finder = importer.install(sources)
        name = f"{importer.PACKAGE}.{component}"
        base = name.replace(".", "/")
        if not finder.files.keys() & {f"{base}.py", f"{base}/__init__.py"}:
            return self._failed(number, Failure("missing", file=f"{base}.py"))
        try:
            __import__(name)
        except BaseException as error:
            failure = self._failure(error)
            if failure.kind in ("raised", "unfinished", "exited", "memory"):
                failure = Failure("import", *_details(failure))
            return self._failed(number, failure)
        self._component = sys.modules[name]
        return pack(("loaded", number), key_of=_key_of)

    def _call(
        self,
        number: int,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        returns: Any,
        count: bool,
        dropped: list[int],
        generators: list[tuple[int, int]],
    ) -> bytes:
        for key in dropped:
            self._kept.pop(key, None)
        for key, seed in generators:
            self._kept[key] = np.random.default_rng(seed)
        try:
            function = attrgetter(name)(self._component)
        except AttributeError:
            return self._failed(number, Failure("missing"))
        check = self._check
        outcome = invoke(function, args, kwargs, find=self._find, count=count)
        check()
        if outcome.error is not None:
            reply = self._failed(number, self._failure(outcome.error))
            del outcome
            # An exception and the frames of its traceback hold each other, and the call's arrays.
            gc.collect()
            return reply
        counted = outcome.count and astuple(outcome.count)
        value = (
            "value",
            number,
            seal(outcome.value, returns, self._keep),
            list(outcome.changed[:NAMES]),
            list(dict.fromkeys(outcome.warnings))[:NAMES],
            counted,
        )
        try:
            return pack(value, key_of=_key_of, body_cap=self._body_cap)
        except TooLarge as error:
            kind = type(outcome.value).__name__
            return self._failed(number, Failure("unsupported", type=kind, message=str(error)))

    def _keep(self, value: Any) -> Handle:
        self._next_key += 1
        self._kept[self._next_key] = value
        return Handle(None, self._next_key)

    def _find(self, handle: Handle) -> Any:
        return self._kept[handle._key]

    def _failure(self, error: BaseException) -> Failure:
        failure = describe(error, self._files.__contains__)
        if isinstance(error, importer.NotInWorker):
            return Failure("refused", str(error.name), *_details(failure)[1:])
        return failure

    def _failed(self, number: int, failure: Failure) -> bytes:
        fields = (failure.kind, failure.type, failure.file, failure.line)
        texts = (failure.message, failure.traceback[-wire.HEADER_CAP // 16 :])
        return pack(("failure", number, *fields, *texts), key_of=_key_of)


def _watched() -> Callable[[], None]:
    """Lay tripwires; what is returned tells the grader when a part of the worker was replaced."""

    def mark(write: Callable[[int, bytes], object] = os.write) -> None:
        write(REPLIES, wire.MARK)

    modules = (importer, packing, stubs, tripwires, wire, calls, invoking, metering)
    machinery = tripwires.Machinery([globals(), *map(vars, modules)])
    tripwires.install(mark)

    def check() -> None:
        if not machinery.is_whole():
            mark()

    return check


def _nothing() -> None:
    return None


def _details(failure: Failure) -> tuple[str, str, int, str, str]:
    return failure.type, failure.file, failure.line, failure.message, failure.traceback


def _key_of(handle: Handle) -> int:
    return int(handle._key)


def _unowned(key: int) -> Handle:
    return Handle(None, key)


def receive() -> bytearray:
    """Read one request; end where the grader has closed the pipe."""
    frame = _read(wire.HEAD.size)
    frame += _read(sum(wire.lengths(frame, 1 << 40)))
    return frame


def _read(size: int) -> bytearray:
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        count = _readv(REQUESTS, [view[got:]])
        if count == 0:
            os._exit(0)
        got += count
    return data


def send(frame: bytes) -> None:
    """Write one reply."""
    view = memoryview(frame)
    while view:
        view = view[_write(REPLIES, view) :]
