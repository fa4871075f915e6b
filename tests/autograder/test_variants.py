"""Variants are made from the reference: whole functions, or single methods."""

import pytest

from autograder.authoring.variants import read_variants
from autograder.course import load_course

SOLUTION = '''"""A net."""


class Net:
    def __init__(self, w):
        self.w = w

    def forward(self, x):
        return self.w * x

    def name(self):
        return "net"


class Twice(Net):
    def forward(self, x):
        return 2 * super().forward(x)
'''
MUTANTS = '''
from autograder.mutants import right, wrong


@wrong("negative", caught_by="test_forward")
class _:
    """Has the wrong sign."""

    SIGN = -1

    class Net(Net):
        def forward(self, x):
            return SIGN * super().forward(x)


@right("another")
class _:
    """Replaces all of it."""

    class Net:
        def forward(self, x):
            return x
'''


@pytest.fixture
def made(tmp_path):
    for path, text in {
        "course.toml": '[course]\ntitle = "A"\nversion = "1"\n[[component]]\nname = "net"\n'
        'title = "Net"\n',
        "solutions/nn/net.py": SOLUTION,
        "autograder/mutants/net.py": MUTANTS,
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    variants = read_variants(load_course(tmp_path).component("net"))

    def load(variant):
        names = {}
        exec(variant.source, names)
        return names

    return {v.name: load(v) for v in (*variants.wrong, *variants.right)}


def test_a_class_made_from_itself_replaces_methods(made):
    net = made["negative"]["Net"](3)
    assert (net.forward(5), net.name()) == (-15, "net")
    assert made["negative"]["Twice"](3).forward(5) == -30


def test_any_other_class_replaces_the_whole(made):
    assert made["another"]["Net"]().forward(5) == 5
    assert not hasattr(made["another"]["Net"], "name")
