"""Run a student's functions in this process: the laptop, and the notebook."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from shared.calls import Failure, Foreign, Handle, Reply, Spec
from shared.invoke import describe, invoke, seal
from shared.twins import twins

# CPU time, so that a busy laptop does not matter; but Windows counts it in ticks of 16 ms.
clock: Callable[[], float] = time.perf_counter if sys.platform == "win32" else time.process_time


class LocalBackend:
    """A component loaded from a folder that holds the package `nn`, or from a ready module.

    Parameters
    ----------
    component : str
        Such as ``"backprop"``.
    folder : Path
        What holds `nn/`; it must be on ``sys.path``.
    module : object, optional
        A module, or a namespace with the functions as attributes, instead of importing one.
    """

    def __init__(
        self, component: str, folder: Path, *, module: Any = None, metered: bool = False
    ) -> None:
        self._component = component
        self._folder = folder
        self._given = module
        self._loaded: Any = None
        self._is_metered = metered
        self._modules: dict[str, ModuleType] = {}  # the metered copy of the package
        self._kept: dict[int, Any] = {}
        self._next = 0

    def call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        returns: Spec,
        *,
        count: bool = False,
    ) -> Reply:
        with self._world():
            loaded = self._load()
            if isinstance(loaded, Failure):
                return Reply(failure=loaded)
            try:
                function = attrgetter(name)(loaded)  # "LeNet5.forward" has a dot
            except AttributeError:
                return Reply(failure=Failure("missing"))
            # Copies: what a test goes on to do with its arrays must not reach a student's cache.
            given = tuple(_copy(a) for a in args)
            named = {k: _copy(v) for k, v in kwargs.items()}
            start = clock()
            outcome = invoke(function, given, named, find=self._find, count=count)
            seconds = clock() - start
        if outcome.error is not None:
            return Reply(failure=self._describe(outcome.error))
        try:
            value = _plain(seal(outcome.value, returns, self._keep))
        except RecursionError:  # a list that holds itself
            return Reply(failure=Failure("unsupported", type(outcome.value).__name__))
        return Reply(
            value=value,
            changed=outcome.changed,
            warnings=outcome.warnings,
            count=outcome.count,
            cpu_seconds=seconds,
        )

    def generator(self, seed: int) -> Handle:
        return self._keep(np.random.default_rng(seed))

    def metered(self) -> LocalBackend:
        return LocalBackend(self._component, self._folder, module=self._given, metered=True)

    def drop(self, key: int) -> None:
        self._kept.pop(key, None)

    @contextmanager
    def _world(self) -> Iterator[None]:
        if not self._is_metered:
            yield
            return
        # The metered copy is imported apart, so that `from functools import reduce` at the top of
        # a student's file finds the twin; and what it imports later, inside a function, too.
        with twins(), _modules_of_nn(self._modules):
            yield

    def _load(self) -> Any:
        if self._loaded is None:
            self._loaded = self._given if self._given is not None else self._import()
        return self._loaded

    def _import(self) -> ModuleType | Failure:
        try:
            return importlib.import_module(f"nn.{self._component}")
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if isinstance(error, ModuleNotFoundError) and error.name == f"nn.{self._component}":
                return Failure("absent", file=f"nn/{self._component}.py")
            return replace(self._describe(error), kind="import")

    def _describe(self, error: BaseException) -> Failure:
        failure = describe(error, self._is_student_file)
        return replace(failure, file=self._shown(failure.file))

    def _is_student_file(self, file: str) -> bool:
        path = Path(file)
        if not path.is_absolute():
            return False
        given = getattr(self._given, "__file__", None)
        return path.is_relative_to(self._folder / "nn") or file == given

    def _shown(self, file: str) -> str:
        try:
            return Path(file).relative_to(self._folder).as_posix() if file else ""
        except ValueError:
            return Path(file).name

    def _keep(self, value: Any) -> Handle:
        self._next += 1
        self._kept[self._next] = value
        return Handle(self, self._next)

    def _find(self, handle: Handle) -> Any:
        if handle._owner is not self:
            raise ValueError("a handle of another student or of the metered copy")
        return self._kept[handle._key]


@contextmanager
def _modules_of_nn(own: dict[str, ModuleType]) -> Iterator[None]:
    """Let `nn` be the modules of `own` inside the block, and keep there what it imports."""
    aside = forget_nn()
    sys.modules.update(own)
    try:
        yield
    finally:
        own.update(forget_nn())
        sys.modules.update(aside)


def forget_nn() -> dict[str, ModuleType]:
    """Take `nn` and its modules out of those that are loaded; what was taken."""
    names = [name for name in sys.modules if name.split(".")[0] == "nn"]
    return {name: sys.modules.pop(name) for name in names}


def _copy(value: Any) -> Any:
    if type(value) is np.ndarray:
        return value.copy(order="K") if _is_dense(value) else _strided_copy(value)
    if isinstance(value, tuple):
        return tuple(_copy(v) for v in value)
    if isinstance(value, list):
        return [_copy(v) for v in value]
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    return value


def _is_dense(array: np.ndarray[Any, Any]) -> bool:
    return array.flags.c_contiguous or array.flags.f_contiguous


def _strided_copy(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    # A view with gaps must stay one: non-contiguous input is a case of its own.
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=array.dtype)
    view = wide[..., ::2]
    view[...] = array
    return view


def _plain(value: Any) -> Any:
    """The value as it would come over a wire: fresh arrays, and `Foreign` for what is no data."""
    if isinstance(value, Handle) or value is None:
        return value
    if type(value) is np.ndarray:
        if value.dtype.kind in "biufc" and value.dtype.itemsize <= 16 - 8 * (
            value.dtype.kind == "f"
        ):
            return np.array(value, order="C")
        return Foreign(f"ndarray of {value.dtype}")
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        return value
    if type(value) in (bool, int, float, complex, str):
        return value
    if type(value) is tuple:
        return tuple(_plain(v) for v in value)
    if type(value) is list:
        return [_plain(v) for v in value]
    if type(value) is dict:
        return {k: _plain(v) for k, v in value.items()}
    return Foreign(type(value).__name__)
