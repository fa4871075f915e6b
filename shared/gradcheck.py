"""Gradient checking: random directions for the verdict, coordinates to explain a failure.

A central difference along a Gaussian direction d compares (L(x + hd) − L(x − hd)) / 2h with ⟨g, d⟩:
two calls of the loss however many entries x has. Gaussian and not ±1: an error of two entries +a
and −a is invisible to half of all ±1 directions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from shared.compare import check_array
from shared.diagnose import Clues, diagnose
from shared.errors import CheckFailed
from shared.messages import Message, message
from shared.sidebyside import Index, SideBySide, beside, part

LIMIT = 1e-7
STEPS = (1e-5, 1e-6, 1e-7)
DIRECTIONS = 3
MOST_COORDINATES = 200
SIDE = 9  # of the part of a larger gradient that is differenced for a picture

Array = np.ndarray[Any, Any]
Loss = Callable[[Array], float]


def check_gradient(
    loss: Loss,
    x: Array,
    got: object,
    rng: np.random.Generator,
    *,
    what: str,
    limit: float = LIMIT,
    sizes: dict[str, int] | None = None,
    clues: Clues | None = None,
    columns: bool = False,
    guess: bool = True,
) -> None:
    """Require that `got` is the gradient of `loss` at `x`.

    Parameters
    ----------
    loss : callable
        ``loss(x) -> float``, usually ``lambda x: np.sum(dy * forward(x))`` with a random `dy`.
    x : ndarray of float64
        Where; 100 steps away from every kink.
    got
        The student's gradient.
    rng : numpy.random.Generator
        Draws the directions.
    what : str
        The gradient's name in the messages, such as ``"dw"``.
    limit : float
        On ``|num − ana| / max(‖g‖, |num|)``, per direction.
    sizes : dict, optional
        Axis names and sizes for the diagnosis, such as ``{"batch": 5}``.
    clues : mapping, optional
        What known mistakes give, for the diagnosis.
    columns : bool
        Whether axis 1 is one of features or channels, for the diagnosis: see `diagnose`.
    guess : bool
        Whether a mistake is named at all: not where `x` is made so that patterns fit by themselves.

    Raises
    ------
    CheckFailed
        With the worst coordinate, and the likely mistake where a pattern fits.

    Notes
    -----
    A direction passes when the two sides agree at any step of 1e-5, 1e-6, 1e-7: a kink at distance
    d spoils only the steps that are larger than d, and a wrong gradient agrees at none.
    """

    def name(got: Array, expected: Array, clues: Clues | None) -> list[Message]:
        return diagnose(got, expected, sizes, clues, columns) if guess else []

    gradient = check_array(got, what=what, dtype=None)
    if gradient.shape != x.shape:
        raise CheckFailed(
            message("shape", what=what, got=gradient.shape, expected=x.shape),
            *(
                name(gradient, numerical_gradient(loss, x), None)
                if x.size <= MOST_COORDINATES
                else ()
            ),
        )
    check_array(gradient, what=what, dtype=np.float64)
    norm = float(np.linalg.norm(gradient))
    for _ in range(DIRECTIONS):
        direction: Array = np.asarray(rng.standard_normal(x.shape))
        analytic = float(np.vdot(gradient, direction))
        if not _agrees(loss, x, direction, analytic, norm, limit):
            _explain(loss, x, gradient, rng, what, limit, name, clues)


def numerical_gradient(loss: Loss, x: Array, step: float = 1e-5) -> Array:
    """Central differences of `loss` in every coordinate: ``2 * x.size`` calls."""
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        gradient[index] = _difference(loss, x, _unit(x, index), step)
    return gradient


def upstream_of_ones(
    loss: Callable[..., float], x: Array, dy: Array
) -> dict[str, Callable[[], Array]]:
    """What shows that a backward does not use its upstream gradient.

    Parameters
    ----------
    loss : callable
        ``loss(x, dy=...) -> float``.
    x, dy : ndarray
        Where the gradient is checked, and its upstream gradient.
    """
    ones = np.ones_like(dy)
    return {"looks-upstream-ignored": lambda: numerical_gradient(lambda v: loss(v, dy=ones), x)}


def _agrees(
    loss: Loss, x: Array, direction: Array, analytic: float, norm: float, limit: float
) -> bool:
    for step in STEPS:
        numeric = _difference(loss, x, direction, step)
        if not math.isfinite(numeric):
            continue
        if abs(numeric - analytic) <= limit * max(norm, abs(numeric)):
            return True
    return False


def _difference(loss: Loss, x: Array, direction: Array, step: float) -> float:
    return (loss(x + step * direction) - loss(x - step * direction)) / (2 * step)


def _unit(x: Array, index: tuple[int, ...]) -> Array:
    unit = np.zeros(x.shape)
    unit[index] = 1.0
    return unit


def _suspects(loss: Loss, x: Array, gradient: Array, rng: np.random.Generator) -> Array:
    """At most `MOST_COORDINATES` flat indices, halved towards where the two sides disagree."""

    def disagreement(half: Array) -> float:
        direction = np.zeros(x.shape)
        direction.flat[half] = rng.standard_normal(half.size)
        numeric = _difference(loss, x, direction, STEPS[0])
        return abs(numeric - float(np.vdot(gradient, direction)))

    suspects: Array = rng.permutation(x.size)
    while suspects.size > MOST_COORDINATES:
        suspects = max(np.array_split(suspects, 2), key=disagreement)
    return suspects if suspects.size < x.size else np.arange(x.size)


def _explain(
    loss: Loss,
    x: Array,
    gradient: Array,
    rng: np.random.Generator,
    what: str,
    limit: float,
    name: Callable[[Array, Array, Clues | None], list[Message]],
    clues: Clues | None,
) -> None:
    """Raise with the worst of at most `MOST_COORDINATES` coordinates."""
    every = list(np.ndindex(x.shape))
    looked = [every[int(i)] for i in _suspects(loss, x, gradient, rng)]
    numeric = np.array([_difference(loss, x, _unit(x, index), STEPS[0]) for index in looked])
    ours = np.array([gradient[index] for index in looked])
    position = int(np.argmax(np.abs(numeric - ours)))
    scale = float(np.max(np.abs(numeric))) or 1.0
    # A pattern needs the whole array: where only a part was differenced, factors still show.
    whole = len(looked) == len(every)
    worst = looked[position]
    guess = (
        name(gradient, numeric.reshape(x.shape), clues)
        if whole
        else name(ours, numeric, _of_some(clues or {}, looked))
    )
    raise CheckFailed(
        message(
            "gradient",
            what=what,
            index=worst,
            got=float(ours[position]),
            expected=float(numeric[position]),
            error=abs(float(numeric[position] - ours[position])) / scale,
            limit=limit,
        ),
        *guess,
        picture=_picture(loss, x, gradient, what, worst, numeric if whole else None),
    )


def _of_some(clues: Clues, looked: list[Index]) -> dict[str, Callable[[], Array]]:
    """The clues at the entries that were looked at."""
    places = tuple(np.array(looked).T)
    return {id: partial(_at, clue, places) for id, clue in clues.items()}


def _at(clue: Array | Callable[[], Array], places: tuple[Array, ...]) -> Array:
    found: Array = (clue() if callable(clue) else clue)[places]
    return found


def _picture(
    loss: Loss, x: Array, gradient: Array, what: str, worst: Index, numeric: Array | None
) -> SideBySide | None:
    """Both sides for a picture; of a large `x` the part around `worst` is differenced for it."""
    if numeric is not None:
        return beside("gradient", what, gradient, numeric.reshape(x.shape), worst)
    box = part(x.shape, worst, SIDE)
    numeric = np.empty(box.shape)
    for inside in np.ndindex(box.shape):
        index = tuple(s + i for s, i in zip(box.start, inside, strict=True))
        numeric[inside] = _difference(loss, x, _unit(x, index), STEPS[0])
    return beside("gradient", what, gradient[box.slices], numeric, worst, of=(x.shape, box))
