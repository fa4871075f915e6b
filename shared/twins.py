"""Twins of the drivers that iterate in C: they pull every element through a Python generator.

No attribute of a twin leads to what it stands for.
"""

from __future__ import annotations

import array
import builtins
import collections
import contextlib
import functools
import itertools
import math
import operator
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

ITERABLES = frozenset({"iterable", "iter", "data"})  # what drivers call their first argument


def _pull(iterable: Iterable[Any]) -> Iterator[Any]:
    for item in iterable:  # noqa: UP028 - `yield from` would run no bytecode per item
        yield item


def _named_after(driver: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Name a twin as its original, which no attribute of it leads to."""

    def named(twin: Callable[..., Any]) -> Callable[..., Any]:
        functools.update_wrapper(twin, driver)
        del twin.__wrapped__  # type: ignore[attr-defined]
        return twin

    return named


def _first_pulled(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A twin of a driver that iterates its first argument."""

    @_named_after(driver)
    def twin(*args: Any, **kwargs: Any) -> Any:
        if args:
            return driver(_pull(args[0]), *args[1:], **kwargs)
        return driver(**{k: _pull(v) if k in ITERABLES else v for k, v in kwargs.items()})

    return twin


def _all_pulled(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A twin of a driver that iterates every positional argument."""

    @_named_after(driver)
    def twin(*iterables: Any, **kwargs: Any) -> Any:
        return driver(*(_pull(i) for i in iterables), **kwargs)

    return twin


def _after_function_pulled(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A twin of a driver `driver(function, *iterables)`."""

    @_named_after(driver)
    def twin(function: Any, *iterables: Any, **kwargs: Any) -> Any:
        return driver(function, *(_pull(i) for i in iterables), **kwargs)

    return twin


def _extremum(driver: Callable[..., Any]) -> Callable[..., Any]:
    @_named_after(driver)
    def twin(*args: Any, **kwargs: Any) -> Any:
        return driver(_pull(args[0]), **kwargs) if len(args) == 1 else driver(*args, **kwargs)

    return twin


def _arguments_pulled(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A twin of a driver `driver(*numbers)`, which a whole array can be unpacked into."""

    @_named_after(driver)
    def twin(*numbers: Any) -> Any:
        return driver(*_pull(numbers))

    return twin


def _second_pulled(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A twin of a driver `driver(mapping, iterable)`."""

    @_named_after(driver)
    def twin(first: Any, second: Any) -> Any:
        return driver(first, _pull(second))

    return twin


# Python generators, for the type of one of C's own would be that driver again.
def _map(function: Any, iterable: Any, *more: Any) -> Iterator[Any]:
    return _mapped(function, [_pull(i) for i in (iterable, *more)])


def _mapped(function: Any, iterables: list[Iterator[Any]]) -> Iterator[Any]:
    for items in zip(*iterables):  # noqa: B905 - `map` stops at the shortest too
        yield function(*items)


def _filter(function: Any, iterable: Any) -> Iterator[Any]:
    for item in iterable:
        if item if function is None else function(item):
            yield item


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


class _Array(array.array):  # type: ignore[type-arg]
    def __new__(cls, typecode: str, initializer: Any = ()) -> _Array:
        # Bytes are taken as they lie in memory, and not one by one.
        is_raw = isinstance(initializer, (bytes, bytearray, str, array.array))
        given = initializer if is_raw else _pull(initializer)
        return super().__new__(cls, typecode, given)

    def extend(self, iterable: Any) -> None:
        is_raw = isinstance(iterable, array.array)
        super().extend(iterable if is_raw else _pull(iterable))


_Array.__name__ = "array"


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
    add(builtins, lambda _: _map, "map")
    add(builtins, lambda _: _filter, "filter")
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
    add(array, lambda _: _Array, "array")
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
