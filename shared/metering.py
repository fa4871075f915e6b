"""Count the Python work of one call: bytecodes executed and live objects, no clock.

Vectorised code runs the same number of Python bytecodes whatever the size of its arrays; a loop
runs some for each element. Iteration that C code drives (`sum(a)`, `map(f, a)`, `np.fromiter`)
runs none, so a process that only counts replaces those drivers by twins that pull every element
through a Python generator.
"""

from __future__ import annotations

import builtins
import collections
import contextlib
import functools
import gc
import itertools
import math
import operator
import sys
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FrameType
from typing import Any

import numpy as np

from shared.calls import Count

TOOL = "vectorisation count"
ITERABLES = frozenset({"iterable", "iter", "data"})  # what drivers call their first argument


class Meter:
    """Count bytecodes and live objects while the block runs.

    The garbage collector is off inside: a collection in the middle would move the object count.
    """

    def __init__(self) -> None:
        self.count = Count(0, 0, intact=False)
        self._bytecodes = 0
        self._start = 0
        self._peak = 0
        self._tool: int | None = None
        self._before: Any = None
        self._collecting = False

    def __enter__(self) -> Meter:
        self._collecting = gc.isenabled()
        gc.disable()
        self._start = self._peak = sys.getallocatedblocks()
        if sys.version_info >= (3, 12):
            self._monitor()
        else:
            self._before = sys.gettrace()
            sys.settrace(self._trace)
        return self

    def __exit__(self, *exc: object) -> None:
        if sys.version_info >= (3, 12):
            intact = self._stop_monitor()
        else:
            # == and not `is`: a bound method is a new object at every access.
            intact = sys.gettrace() == self._trace
            sys.settrace(self._before)
        if self._collecting:
            gc.enable()
        self.count = Count(self._bytecodes, max(0, self._peak - self._start), intact)

    def _step(self) -> None:
        self._bytecodes += 1
        blocks = sys.getallocatedblocks()
        if blocks > self._peak:
            self._peak = blocks

    def _trace(self, frame: FrameType, event: str, arg: object) -> Any:
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            self._step()
        return self._trace

    if sys.version_info >= (3, 12):

        def _monitor(self) -> None:
            monitoring = sys.monitoring
            # 0, 1, 2 and 5 are promised to debuggers, coverage, profilers and optimisers.
            free = next((i for i in (3, 4) if monitoring.get_tool(i) is None), None)
            if free is None:
                raise RuntimeError("no free id of sys.monitoring to count bytecodes with")
            self._tool = free
            monitoring.use_tool_id(free, TOOL)
            monitoring.register_callback(free, monitoring.events.INSTRUCTION, self._instruction)
            monitoring.set_events(free, monitoring.events.INSTRUCTION)

        def _instruction(self, code: CodeType, offset: int) -> None:
            self._step()

        def _stop_monitor(self) -> bool:
            monitoring = sys.monitoring
            tool = self._tool
            if tool is None:
                return False
            if (name := monitoring.get_tool(tool)) is None:
                # Freed by the call: the events go on all the same, and every later call would
                # take a hundred times as long.
                monitoring.use_tool_id(tool, TOOL)
            events = monitoring.get_events(tool)
            previous = monitoring.register_callback(tool, monitoring.events.INSTRUCTION, None)
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)
            return (
                name == TOOL
                and events == monitoring.events.INSTRUCTION
                and previous == self._instruction
            )


def _pull(iterable: Iterable[Any]) -> Iterator[Any]:
    for item in iterable:  # noqa: UP028 - `yield from` would run no bytecode per item
        yield item


def _first_pulled(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A twin of a driver that iterates its first argument."""

    @functools.wraps(driver)
    def twin(*args: Any, **kwargs: Any) -> Any:
        if args:
            return driver(_pull(args[0]), *args[1:], **kwargs)
        return driver(**{k: _pull(v) if k in ITERABLES else v for k, v in kwargs.items()})

    return twin


def _all_pulled(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A twin of a driver that iterates every positional argument."""

    @functools.wraps(driver)
    def twin(*iterables: Any, **kwargs: Any) -> Any:
        return driver(*(_pull(i) for i in iterables), **kwargs)

    return twin


def _after_function_pulled(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A twin of a driver `driver(function, *iterables)`."""

    @functools.wraps(driver)
    def twin(function: Any, *iterables: Any, **kwargs: Any) -> Any:
        return driver(function, *(_pull(i) for i in iterables), **kwargs)

    return twin


def _extremum(driver: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(driver)
    def twin(*args: Any, **kwargs: Any) -> Any:
        return driver(_pull(args[0]), **kwargs) if len(args) == 1 else driver(*args, **kwargs)

    return twin


def _arguments_pulled(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A twin of a driver `driver(*numbers)`, which a whole array can be unpacked into."""

    @functools.wraps(driver)
    def twin(*numbers: Any) -> Any:
        return driver(*_pull(numbers))

    return twin


def _second_pulled(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A twin of a driver `driver(mapping, iterable)`."""

    @functools.wraps(driver)
    def twin(first: Any, second: Any) -> Any:
        return driver(first, _pull(second))

    return twin


def _reduce(function: Any, iterable: Any, *initial: Any) -> Any:
    return _REDUCE(function, _pull(iterable), *initial)


_REDUCE = functools.reduce
_FROMPYFUNC = np.frompyfunc


def _frompyfunc(function: Any, nin: int, nout: int, **kwargs: Any) -> Any:
    def counted(*args: Any) -> Any:
        return function(*args)

    return _FROMPYFUNC(counted, nin, nout, **kwargs)


class _Deque(collections.deque):  # type: ignore[type-arg]
    def __init__(self, iterable: Iterable[Any] = (), maxlen: int | None = None) -> None:
        super().__init__(_pull(iterable), maxlen)

    def extend(self, iterable: Iterable[Any]) -> None:
        super().extend(_pull(iterable))


def _chain(*iterables: Any) -> Any:
    return _CHAIN(*(_pull(i) for i in iterables))


_CHAIN = itertools.chain
_chain.from_iterable = lambda iterables: _CHAIN.from_iterable(_pull(i) for i in iterables)  # type: ignore[attr-defined]


def _twins() -> list[tuple[Any, str, Any]]:
    """(owner, attribute, twin) of every driver that a twin replaces."""
    found: list[tuple[Any, str, Any]] = []

    def add(owner: Any, make: Callable[[Any], Any], *names: str) -> None:
        for name in names:
            if hasattr(owner, name):  # math.sumprod came with 3.12
                found.append((owner, name, make(getattr(owner, name))))

    add(builtins, _first_pulled, "sum", "any", "all", "sorted")
    add(builtins, _extremum, "max", "min")
    add(builtins, _after_function_pulled, "map", "filter")
    add(functools, lambda _: _reduce, "reduce")
    add(itertools, _first_pulled, "accumulate", "islice", "pairwise", "compress", "groupby")
    add(itertools, _first_pulled, "batched")  # came with 3.12
    add(itertools, _after_function_pulled, "starmap", "filterfalse", "takewhile", "dropwhile")
    add(itertools, _all_pulled, "zip_longest", "product")
    add(itertools, lambda _: _chain, "chain")
    add(math, _first_pulled, "fsum", "prod")
    add(math, _all_pulled, "dist", "sumprod")
    add(math, _arguments_pulled, "hypot")
    add(collections, lambda _: _Deque, "deque")
    add(collections, _second_pulled, "_count_elements")  # what a Counter counts with
    add(operator, _first_pulled, "countOf", "indexOf")
    add(np, _first_pulled, "fromiter")
    add(np, lambda _: _frompyfunc, "frompyfunc")
    # np.vectorize took its name at NumPy's own import; the private module has moved before.
    for module in ("numpy.lib._function_base_impl", "numpy.lib.function_base"):
        if module in sys.modules:
            add(sys.modules[module], lambda _: _frompyfunc, "frompyfunc")
    return found


def install_twins() -> None:
    """Replace C-level drivers of iteration for the rest of this process's life."""
    for owner, name, twin in _twins():
        setattr(owner, name, twin)


@contextlib.contextmanager
def twins() -> Iterator[None]:
    """Replace C-level drivers of iteration inside the block."""
    replaced = _twins()
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in replaced]
    try:
        for owner, name, twin in replaced:
            setattr(owner, name, twin)
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)
