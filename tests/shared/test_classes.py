"""A class of the student's: its constructor gives a handle, its methods take it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from shared.calls import Handle
from shared.errors import CheckFailed
from shared.local import LocalBackend
from shared.signatures import read_signatures
from shared.student import Student

REFERENCE = """
class Net:
    def __init__(self, w: Array, rng: Generator) -> None: ...
    def forward(self, x: Array) -> tuple[Array, Cache]: ...
    def _secret(self): ...

class _Helper:
    def forward(self, x): ...
"""


class Net:
    def __init__(self, w, rng):
        self.w = w
        self.drawn = rng.normal()

    def forward(self, x):
        self.w += 1  # the net is the student's own: it may change
        return x * self.w, (x, self.w)


@pytest.fixture
def student() -> Student:
    module = SimpleNamespace(Net=Net, __file__=__file__)
    backend = LocalBackend("net", Path("."), module=module)
    return Student(backend, read_signatures(REFERENCE), file="nn/net.py")


def test_a_class_counts_as_its_constructor_and_its_public_methods():
    found = read_signatures(REFERENCE)
    assert list(found) == ["Net", "Net.forward"]
    assert found["Net"].parameters == ("w", "rng")
    assert found["Net"].returns == "opaque"
    assert found["Net.forward"].parameters == ("self", "x")


def test_a_class_has_the_methods_of_the_class_it_is_made_from():
    below = "class Old(Net):\n    def forward(self, x: Array, y: Array) -> Array: ...\n"
    found = read_signatures(REFERENCE.replace("def _secret", "def size") + below)
    assert list(found) == ["Net", "Net.forward", "Net.size", "Old", "Old.forward", "Old.size"]
    assert (found["Old"].name, found["Old"].shown) == ("Old", "Old")
    assert found["Old"].parameters == ("w", "rng")
    assert found["Old.forward"].parameters == ("self", "x", "y")
    assert found["Old.forward"].returns == "array"
    assert found["Old.size"] == replace(found["Net.size"], name="Old.size")


def test_an_instance_is_a_handle_and_keeps_its_state(student):
    net = student.Net(np.zeros(3), student.generator(1))
    assert isinstance(net, Handle)
    y, cache = student.Net.forward(net, np.ones(3))
    assert isinstance(cache, Handle)
    np.testing.assert_array_equal(y, np.ones(3))
    np.testing.assert_array_equal(student.Net.forward(net, np.ones(3))[0], np.full(3, 2.0))
    assert student.notes.changed == []


def test_a_missing_method_is_missing(student):
    del_forward = SimpleNamespace(Net=type("Net", (), {"__init__": Net.__init__}))
    backend = LocalBackend("net", Path("."), module=del_forward)
    lacking = Student(backend, read_signatures(REFERENCE), file="nn/net.py")
    net = lacking.Net(np.zeros(3), lacking.generator(1))
    with pytest.raises(CheckFailed) as failed:
        lacking.Net.forward(net, np.ones(3))
    assert failed.value.messages[0].id == "missing"


def test_a_method_that_the_reference_lacks_is_the_authors_mistake(student):
    with pytest.raises(AttributeError, match=r"Net\.backward"):
        _ = student.Net.backward
