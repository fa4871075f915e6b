"""`new NAME`: a component in every room, complete but for what only its author can write.

What is written runs: a small function to start from, its tests, its mutants. `verify` names every
line that is left to the author.
"""

from __future__ import annotations

import sys
from pathlib import Path

from autograder.authoring.release import generate, write
from autograder.authoring.translations import update
from autograder.course import Course, load_course
from autograder.errors import UsageProblem
from autograder.files import write_whole

LEFT = "TO WRITE"

SOLUTION = '''"""{LEFT}: say in one sentence what {name} is."""

import numpy as np

from nn.types import Array, Cache


def {name}_forward(x: Array) -> tuple[Array, Cache]:
    """{LEFT}: what it computes, its formula, its source.

    Parameters
    ----------
    x : ndarray, shape (N, D)

    Returns
    -------
    y : ndarray, shape (N, D)
    cache
        What `{name}_backward` needs.
    """
    # BEGIN SOLUTION
    return np.multiply(2, x), None  # (N, D)
    # END SOLUTION


def {name}_backward(dy: Array, cache: Cache) -> Array:
    """Gradient of the loss with respect to the input of `{name}_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, D)
        Upstream gradient.
    cache
        From `{name}_forward`.

    Returns
    -------
    dx : ndarray, shape (N, D)
    """
    # BEGIN SOLUTION
    return np.multiply(2, dy)  # (N, D)
    # END SOLUTION
'''

LOCAL_TESTS = '''"""Local tests of {name}."""

import numpy as np

from shared import check_array, check_close, check_gradient, points


@points(3, hint="{LEFT}: a sentence that helps.")
def test_{name}_forward_worked_example(student):
    """{name}_forward: an example worked by hand"""
    y, _ = student.{name}_forward(np.array([[1.0, -2.0, 3.0]]))
    check_close(y, np.array([[2.0, -4.0, 6.0]]), what="y")


@points(3, hint="{LEFT}: a sentence that helps.")
def test_{name}_backward_matches_differences(student, rng):
    """{name}_backward: the gradient matches numerical differences"""
    x, dy = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    _, cache = student.{name}_forward(x)

    def loss(x):
        y, _ = student.{name}_forward(x)
        return float(np.sum(dy * check_array(y, what="y", shape=dy.shape)))

    check_gradient(loss, x, student.{name}_backward(dy, cache), rng, what="dx")
'''

HIDDEN_TESTS = '''"""Hidden tests of {name}."""

from shared import check_close, check_vectorised, points


@points(2, hint="{LEFT}: a sentence that may be shown.")
def test_{name}_forward_equals_the_definition(student, reference, rng):
    """{name}_forward: equals the definition"""
    x = rng.normal(size=(7, 4))
    check_close(student.{name}_forward(x)[0], reference.{name}_forward(x)[0], what="y")


@points(
    2,
    hint="One NumPy expression over the whole batch.",
    needs=("test_{name}_forward_equals_the_definition",),
)
def test_{name}_forward_is_vectorised(student, rng):
    """{name}_forward: no Python loop over the batch"""
    check_vectorised(
        student,
        "{name}_forward",
        lambda student, rng, n: (rng.normal(size=(n, 3)),),
        rng,
        axis="batch",
    )
'''

MUTANTS = '''"""Wrong and unusual-but-right solutions of {name}.

{LEFT}: replace these by what students really get wrong, and by what they may rightly do.
"""

import numpy as np

from autograder.mutants import right, wrong


@wrong("identity", caught_by="test_{name}_forward_worked_example")
def {name}_forward(x):
    """Gives its input back."""
    return x, None


@wrong("upstream-ignored", caught_by="test_{name}_backward_matches_differences")
def {name}_backward(dy, cache):
    """Ignores the upstream gradient."""
    return 2 * np.ones_like(dy)


@wrong("only-positive", caught_by="test_{name}_forward_equals_the_definition")
def {name}_forward(x):
    """Right on the worked example alone."""
    return (2 * x, None) if len(x) == 1 else (2 * np.abs(x), None)


@wrong("row-loop", caught_by="test_{name}_forward_is_vectorised")
def {name}_forward(x):
    """Loops over the batch in Python."""
    return np.array([2 * row for row in x]), None


@right("by-addition")
class _:
    """Adds the input to itself."""

    def {name}_forward(x):
        return x + x, None


EQUIVALENT: dict[str, str] = {{}}
'''

HANDOUT = """# {title}

{LEFT}: the idea, the formulas with shapes, one example by hand, the usual mistakes.

## What to hand in, and how it is graded

Fill in `nn/{name}.py` and run `pytest tests/test_{name}.py`.
"""

RUSSIAN_HANDOUT = """# {title}

{LEFT}: the same in Russian, in the words of glossary.md.

## Что сдать и как это оценивается

Допишите `nn/{name}.py` и запустите `pytest tests/test_{name}.py`.
"""

ENTRY = """
[[component]]
name = "{name}"
title = "{title}"
points = 10
"""


def scaffold(course: Course, name: str, title: str | None = None) -> list[Path]:
    """Write the component's files, its entry in course.toml and what is generated; the paths.

    Raises
    ------
    UsageProblem
        When the name cannot be a component's, or one of its files is there already.
    """
    if not name.isidentifier() or not name.islower() or name in sys.stdlib_module_names:
        raise UsageProblem(
            f"{name!r} cannot name a component: take lower-case letters and underscores, and no "
            "module of the standard library"
        )
    if name in course.names:
        raise UsageProblem(f"{name} is in course.toml already")
    root = course.root
    title = title or name.replace("_", " ").capitalize()
    templates = {
        root / "solutions" / "nn" / f"{name}.py": SOLUTION,
        root / "assignments" / "tests" / f"test_{name}.py": LOCAL_TESTS,
        root / "autograder" / "suites" / f"test_{name}.py": HIDDEN_TESTS,
        root / "autograder" / "mutants" / f"{name}.py": MUTANTS,
        root / "assignments" / "handouts" / f"{name}.md": HANDOUT,
        root / "assignments" / "handouts" / f"{name}.ru.md": RUSSIAN_HANDOUT,
    }
    there = [p for p in templates if p.exists()]
    if there:
        raise UsageProblem(f"{there[0]} exists already: nothing was written")
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    entry = (root / "course.toml").read_text(encoding="utf-8") + ENTRY.format(
        name=name, title=quoted
    )
    for path, template in templates.items():
        write_whole(path, template.format(name=name, title=title, LEFT=LEFT))
    # Last, so that a run that is cut short leaves a course that still reads.
    write_whole(root / "course.toml", entry)
    course = load_course(root)
    generated = write(generate(course))
    return [*templates, root / "course.toml", *generated, *update(course)]
