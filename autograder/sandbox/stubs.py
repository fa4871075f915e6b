"""Stand-ins for what students leave at the top of a file and a worker does not have."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

ROOTS = ("matplotlib", "mpl_toolkits", "tqdm")


class Nothing:
    """Answers every use with itself, so that a forgotten plot does no harm."""

    def __call__(self, *args: Any, **kwargs: Any) -> Nothing:
        return self

    def __getattr__(self, name: str) -> Nothing:
        # Protocols that NumPy, copy and inspect look for must stay absent.
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> Nothing:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        return None

    def __iter__(self) -> Iterator[Nothing]:
        # `fig, ax = plt.subplots()`
        return iter((self, self))

    def __enter__(self) -> Nothing:
        return self

    def __exit__(self, *exc: object) -> None:
        return None


class Stub(ModuleType):
    """A module in which every name is there and does nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        # A package, so that `import matplotlib.pyplot` looks for the rest here too.
        self.__path__: list[str] = []
        if name.split(".")[0] == "tqdm":
            self.tqdm = self.tqdm_notebook = Bar
            self.trange = lambda *args, **kwargs: Bar(range(*args))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()


class Bar(Nothing):
    """Stands in for `tqdm.tqdm`: passes on what it is given, and shows nothing."""

    n = 0

    def __init__(self, iterable: Any = None, *args: Any, **kwargs: Any) -> None:
        self._iterable = () if iterable is None else iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self._iterable)

    def __len__(self) -> int:
        return len(self._iterable)

    def __bool__(self) -> bool:
        return True

    @staticmethod
    def write(*args: Any, **kwargs: Any) -> None:
        """Print nothing."""
