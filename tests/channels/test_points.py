"""The same submission gets the same points in every channel, each written by the real tool.

`python -m tests.channels` runs this and prints the table.
"""

from __future__ import annotations

from .by_grade import Grade
from .by_gradescope import Both
from .by_nbgrader import Class
from .by_otter import Graded
from .handins import COMPONENT, FULL_MARKS, HANDINS, MEANING

COLUMNS = ("grade .py", "grade .ipynb", "nbgrader", "otter", "Gradescope")
Table = dict[str, tuple[float | None, ...]]


def table(grade: Grade, nbgrader: Class, otter: Graded, gradescope: Both) -> Table:
    """The points of each hand-in by `COLUMNS`; None where it cannot be a file."""
    exported = nbgrader.exported()
    return {
        name: (
            grade.points(f"{name}.py"),
            grade.points(name),
            float(exported[name]),
            sum(otter.points(name).values()),
            gradescope.results(name)["score"],
        )
        for name in HANDINS
    }


def show(points: Table) -> str:
    """The table as Markdown."""
    lines = [f"| of {COMPONENT.points:g} points | {' | '.join(COLUMNS)} |", "|---" * 6 + "|"]
    for name, row in points.items():
        cells = ("–" if p is None else f"{p:g}" for p in row)
        lines.append(f"| {MEANING[name]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def test_the_same_submission_gets_the_same_points_in_every_channel(
    by_grade, by_nbgrader, by_otter, by_gradescope
):
    points = table(by_grade, by_nbgrader, by_otter, by_gradescope)
    print(f"\n{show(points)}\n")
    for name, row in points.items():
        assert len(set(row) - {None}) == 1, (name, dict(zip(COLUMNS, row, strict=True)))
    # As a notebook and, but for what can be done to a notebook alone, as a file.
    files = {name for name, row in points.items() if row[0] is not None}
    assert files == HANDINS.keys() - {"deleted", "duplicated", "stripped"}
    assert {name for name, row in points.items() if row[1] == COMPONENT.points} == FULL_MARKS
    for name in ("wrong", "endless", "exits", "hog", "forged"):
        assert 0 < points[name][1] < COMPONENT.points, name
    assert points["forged"] == points["wrong"]
