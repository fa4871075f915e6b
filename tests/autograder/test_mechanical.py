"""Mechanical mutants: each is one change of a solution's region."""

import ast

from autograder.authoring.mechanical import mechanical_mutants

SOURCE = '''"""A module."""

LIMIT = 3


def f(x, w):
    """Docs with a number 7."""
    y = x + 1  # outside the region
    # BEGIN SOLUTION
    z = y.sum(axis=0) - w.T * 0.5
    z += 2
    if z < y:
        z = -z
    return z, True
    # END SOLUTION
'''


def ids() -> list[str]:
    return [m.id for m in mechanical_mutants(SOURCE, "f.py")]


def test_every_kind_of_change_is_made():
    found = "\n".join(ids())
    for change in (
        "y.sum(axis=0) - w.T * 0.5 → z = y.sum(axis=0) + w.T * 0.5",
        "→ z = y.sum(axis=0) - w.T / 0.5",
        "→ z = y.sum(axis=1) - w.T * 0.5",
        "→ z = y.mean(axis=0) - w.T * 0.5",
        "→ z = y.sum(axis=0) - w * 0.5",
        "→ z = y.sum(axis=0) - w.T * 0.505",
        "z += 2 → z -= 2",
        "z += 2 → z += 3",
        "z += 2 → pass",
        "if z < y: → if z <= y:",
        "z = -z → z = z",
        "return (z, True) → return (z, False)",
    ):
        assert change in found, change


def test_nothing_outside_a_region_is_changed():
    assert not any("LIMIT" in i or "y = x" in i for i in ids())
    for mutant in mechanical_mutants(SOURCE, "f.py"):
        assert "y = x + 1" in mutant.source
        assert "Docs with a number 7" in mutant.source


def test_each_mutant_is_python_and_differs_from_the_reference():
    reference = ast.unparse(ast.parse(SOURCE)) + "\n"
    mutants = mechanical_mutants(SOURCE, "f.py")
    for mutant in mutants:
        ast.parse(mutant.source)
        assert mutant.source != reference
    assert len({m.source for m in mutants}) == len(mutants)


def test_ids_are_unique_and_the_same_each_time():
    assert len(set(ids())) == len(ids())
    assert ids() == ids()
