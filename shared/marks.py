"""The decorator of a graded test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])


def points(
    number: float,
    *,
    hint: str,
    needs: tuple[str, ...] = (),
    stands_on: tuple[str, ...] = (),
    yardstick: str | None = None,
) -> Callable[[Test], Test]:
    """Mark a test with its points and its hint.

    Parameters
    ----------
    number : float
        Points of the test; of each case of a parametrised one.
    hint : str
        One sentence that may be shown when it fails, in a hidden test too.
    needs : tuple of str
        Tests of the same component that must pass first; else this one is skipped, and says so.
    stands_on : tuple of str
        Other components whose functions the test comes to use. Where it fails and one of them does
        not pass its own tests, it counts as skipped, and says so.
    yardstick : str, optional
        The right variant of the component that the fixture `yardstick` loads (hidden tests only).
    """
    mark = pytest.mark.points(
        number,
        hint=hint,
        needs=tuple(needs),
        stands_on=tuple(stands_on),
        yardstick=yardstick,
    )

    def decorate(test: Test) -> Test:
        marked: Test = mark(test)
        return marked

    return decorate
