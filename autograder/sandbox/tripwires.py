"""Where a process counts Python work: tripwires before what the count can be disturbed with.

Whatever a student's code does in its own process it may undo, but not what the grader has heard:
the first step over a wire sends a mark of its own down the pipe of replies. The means themselves do
nothing any more. A wire is no proof, and costs no point; what is honest has no use for any of this.
"""

from __future__ import annotations

import errno
import gc
import json
import json.encoder
import logging
import os
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, NoReturn

from shared import metering

AUDITED = frozenset(
    {
        *("gc.get_objects", "gc.get_referrers", "gc.get_referents"),
        *("sys._current_frames", "sys._current_exceptions"),
        *("ctypes.dlopen", "ctypes.dlsym", "ctypes.dlsym/handle", "ctypes.call_function"),
        *("ctypes.cdata", "ctypes.PyObj_FromPtr", "ctypes.string_at", "ctypes.memoryview_at"),
    }
)
HOOKS = frozenset({"sys.settrace", "sys.setprofile", "sys.monitoring.register_callback"})
FRAME = ("f_trace", "f_trace_lines", "f_trace_opcodes")
PIPES = (
    *("read", "readv", "pread", "preadv", "writev", "pwrite", "pwritev", "dup", "dup2"),
    *("sendfile", "splice", "copy_file_range", "fdopen"),
)
STANDARD = 2  # the last descriptor of what is printed

Alarm = Callable[[], None]


def install(mark: Callable[[], object]) -> None:
    """Lay the wires, for the rest of this process's life; `mark` is called once at the most."""
    rung = False

    def alarm() -> None:
        nonlocal rung
        if not rung:
            rung = True
            mark()

    _frames(alarm)
    _hooks(alarm)
    _pipes(alarm)
    _audit(alarm)


class Machinery:
    """The worker's own code, which no honest student replaces a part of."""

    def __init__(self, modules: Iterable[dict[str, Any]]) -> None:
        spaces: list[Any] = [vars(json), vars(json.encoder), vars(json.JSONEncoder)]
        for names in modules:
            own = [value for value in names.values() if isinstance(value, type)]
            spaces += [names, *(vars(c) for c in own if c.__module__ == names["__name__"])]
        self._spaces = [(space, dict(space)) for space in spaces]

    def is_whole(self) -> bool:
        """Whether every name still stands for what it did."""
        return all(
            len(space) == len(was) and all(space.get(n, self) is v for n, v in was.items())
            for space, was in self._spaces
        )


def _inert(alarm: Alarm) -> Callable[..., None]:
    def inert(*args: object, **kwargs: object) -> None:
        alarm()

    return inert


def _hooks(alarm: Alarm) -> None:
    for name in ("settrace", "gettrace", "setprofile", "getprofile"):
        setattr(sys, name, _inert(alarm))
    monitoring = getattr(sys, "monitoring", None)
    for name, value in vars(monitoring).items() if monitoring else ():
        if callable(value) and not name.startswith("_"):
            setattr(monitoring, name, _inert(alarm))


class _Wire:
    """An attribute that sounds the alarm, and holds nothing."""

    def __init__(self, alarm: Alarm) -> None:
        self._alarm = alarm

    def __get__(self, instance: object, owner: object) -> None:
        self._alarm()

    def __set__(self, instance: object, value: object) -> None:
        self._alarm()

    def __delete__(self, instance: object) -> None:
        self._alarm()


class _Back:
    """The way up from a frame, at whose end the counter is; `logging` goes it too."""

    def __init__(self, alarm: Alarm, real: Callable[[FrameType], FrameType | None]) -> None:
        self._alarm = alarm
        self._real = real

    def __get__(self, instance: FrameType | None, owner: object) -> Any:
        if instance is None:
            return self
        if sys._getframe(1).f_globals is not vars(logging):
            self._alarm()
        return self._real(instance)


def _frames(alarm: Alarm) -> None:
    # The dict behind the read-only view of a class that is C's own.
    (names,) = gc.get_referents(vars(FrameType))
    for name in FRAME:
        names[name] = _Wire(alarm)
    names["f_back"] = _Back(alarm, names["f_back"].__get__)


def _pipes(alarm: Alarm) -> None:
    def refused(*args: object, **kwargs: object) -> NoReturn:
        alarm()
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    def write(fd: int, data: bytes) -> int:
        if fd > STANDARD:
            alarm()
        return len(data)

    for module in (os, sys.modules["posix"]):
        for name in PIPES:
            if hasattr(module, name):
                setattr(module, name, refused)
        module.write = write  # type: ignore[attr-defined]


def _audit(alarm: Alarm) -> None:
    caller, ours = sys._getframe, id(vars(metering))
    known = {id(vars(m)) for name, m in sys.modules.items() if name != "__main__"} | {id(globals())}

    is_asking = False

    def asked_by() -> int:
        # Asking is an event itself.
        nonlocal is_asking
        is_asking = True
        try:
            return id(caller(2).f_globals)
        finally:
            is_asking = False

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if is_asking:
            return
        if (
            event in AUDITED
            or (event in HOOKS and asked_by() != ours)
            or (event == "sys._getframe" and asked_by() not in known)
            or (event == "open" and type(args[0]) is int and args[0] > STANDARD)
            or (event == "object.__setattr__" and args[1] == "__code__")
        ):
            alarm()

    sys.addaudithook(hook)
