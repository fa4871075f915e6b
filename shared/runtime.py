"""Is it slow? CPU time beside a plain vectorised yardstick, minimum against minimum.

The limit is generous, and wide apart from what an honest answer takes: whether code is vectorised
is counted (`shared.vectorised`), and time only catches what counting cannot see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.errors import CheckFailed
from shared.local import clock
from shared.messages import message
from shared.student import Student
from shared.vectorised import Build, arguments, same_answer

FLAG = 10  # times the yardstick: "slow", no points lost
LIMIT = 30  # times the yardstick: points lost
SURE = 5  # times the yardstick: no need to measure on
ROUNDS = 5
FLAG_ROUNDS = 15  # before a flag: it stands in the result, and the load must not put it there
FIRST_VERDICT = 3  # rounds before a student can be called too slow


@dataclass(frozen=True)
class Load:
    """A fixed amount of work to time beside, where there is no yardstick: on a laptop.

    Parameters
    ----------
    product : tuple of int
        Sizes (m, k, n) of one float64 matrix product.
    elements : int
        Entries of one elementwise pass: ``exp`` and a sum.
    """

    product: tuple[int, int, int] = (128, 128, 128)
    elements: int = 100_000

    def seconds(self) -> float:
        """CPU seconds of doing it once."""
        m, k, n = self.product
        a, b, c = np.ones((m, k)), np.ones((k, n)), np.zeros(self.elements)
        start = clock()
        (a @ b).sum()
        np.exp(c).sum()
        return clock() - start


def check_runtime(
    student: Student,
    name: str,
    build: Build,
    rng: np.random.Generator,
    *,
    size: int,
    beside: Student | Load,
) -> None:
    """Require that a call takes at most `LIMIT` times the CPU time of the yardstick's.

    Parameters
    ----------
    student, name, build, rng, size
        As in `shared.vectorised.check_vectorised`, at one size at which the yardstick takes
        0.5 to 5 ms.
    beside : Student or Load
        A plain vectorised solution in a worker of its own, or a fixed load.

    Raises
    ------
    CheckFailed
        When it is over the limit, or its answer is not the yardstick's. Over `FLAG` times is a
        flag on the test and costs nothing.
    """
    seed = int(rng.integers(2**62))

    def seconds(who: Student, draw: int) -> float:
        args, kwargs = arguments(build(who, np.random.default_rng([seed, draw]), size))
        value, reply = who.run(name, args, kwargs)
        if draw not in answers:
            answers[draw] = value
        elif not same_answer(value, answers[draw]):
            raise CheckFailed(message("inconsistent-yardstick", function=name))
        return reply.cpu_seconds

    def yardstick(draw: int) -> float:
        return beside.seconds() if isinstance(beside, Load) else seconds(beside, draw)

    answers: dict[int, object] = {}
    seconds(student, 0)  # warm up; new data each time, so that a remembered answer gains nothing
    yardstick(0)
    fastest = min(yardstick(draw) for draw in range(1, ROUNDS + 1))
    best = float("inf")
    for number in range(1, FLAG_ROUNDS + 1):
        draw = ROUNDS + number
        fastest = min(fastest, yardstick(draw))
        best = min(best, seconds(student, draw))
        if best < SURE * fastest or (number >= ROUNDS and best <= FLAG * fastest):
            return
        if number >= FIRST_VERDICT and best > LIMIT * fastest:
            break
    if best > LIMIT * fastest:
        raise CheckFailed(message("too-slow", function=name, factor=LIMIT))
    if best > FLAG * fastest:
        student.notes.flag(message("slow", function=name, factor=FLAG))
