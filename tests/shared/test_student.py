"""The wrapper around a student's functions: what it refuses, notes and hands on."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from shared.calls import Foreign, Handle, Reply
from shared.errors import CheckFailed, StudentError, Unfinished
from shared.messages import render
from shared.signatures import Signature
from shared.student import Notes, Student, check_silent, check_unchanged

ARRAY = np.ones((2, 3))
PAIR = ["tuple", "array", "opaque"]


class Echo:
    """A backend that answers with a reply made up by the test."""

    def __init__(self, reply):
        self.reply = reply
        self.dropped = []

    def call(self, name, args, kwargs, returns, *, count=False):
        return self.reply

    def drop(self, key):
        self.dropped.append(key)


def _echo(value, returns, shown="", **reply):
    known = {"f": Signature("f", ("x", "w", "b"), returns, shown)}
    return Student(Echo(Reply(value=value, **reply)), known, file="nn/work.py")


def _says(error):
    return [render(m) for m in error.value.messages]


def test_a_missing_function_is_named(student, refused):
    who = student("x = 1", signatures="def relu(x): ...")
    assert refused(who.relu, ARRAY) == ["`relu` is not in nn/work.py. Was it renamed or deleted?"]


def test_an_unfinished_function_is_named(student):
    who = student("def relu(x):\n    raise NotImplementedError('relu')")
    with pytest.raises(Unfinished) as caught:
        who.relu(ARRAY)
    assert _says(caught) == ["`relu` in nn/work.py is not written yet."]


def test_a_function_that_raises_is_an_error_with_its_line_and_text(student):
    who = student("def relu(x):\n    return x @ x")
    with pytest.raises(StudentError) as caught:
        who.relu(ARRAY)
    said = _says(caught)
    assert said[0] == "`relu` raised ValueError at nn/work.py, line 2."
    assert said[1].startswith("ValueError: matmul")


WRONG_STRUCTURES = [
    ("one array for two", ARRAY, PAIR, "`f` returned one array of shape (2, 3), and "),
    ("three for two", (ARRAY, ARRAY, ARRAY), PAIR, "`f` returned a tuple of 3, and "),
    ("one for two", (ARRAY,), PAIR, "`f` returned a tuple of 1, and "),
    ("a list for a tuple", [ARRAY, Handle(None, 1)], PAIR, "`f` returned a list of 2, and "),
    ("a number for two", 3.5, PAIR, "`f` returned one float, and "),
    ("a stranger for two", Foreign("Tensor"), PAIR, "`f` returned one Tensor, and "),
    ("a handle for two", Handle(None, 1), PAIR, "`f` returned one object, and "),
    ("data for a handle", (ARRAY, ARRAY), PAIR, "`f` returned a tuple of 2, and "),
    ("a tuple for a list", (ARRAY,), ["list", "array"], "`f` returned a tuple of 1, and "),
    ("a list for a dict", [ARRAY], ["dict", "array"], "`f` returned a list of 1, and "),
    ("nothing for two", None, PAIR, "`f` is None. Does the function end in a `return`?"),
    ("a list of strangers", [1], ["list", PAIR], "`f` returned a list of 1, and "),
    ("a stranger for anything", Foreign("set"), "any", "`f` returned one set, and "),
    # A test may calculate with what comes back: that it is an array has to be sure before.
    ("nothing for an array", None, "array", "`f` is None."),
    ("a list for an array", [1.0], "array", "`f` is a list, and a NumPy array was expected."),
    ("a tuple for an array", (ARRAY,), "array", "`f` is a tuple, and a NumPy array was expected."),
    ("a stranger for an array", Foreign("matrix"), "array", "`f` is a matrix, and a NumPy"),
    ("nothing in a tuple", (None, Handle(None, 1)), PAIR, "`f(…)[0]` is None."),
    ("a list in a tuple", ([1.0], Handle(None, 1)), PAIR, "`f(…)[0]` is a list, and a NumPy"),
    ("nothing in a list", [ARRAY, None], ["list", "array"], "`f(…)[1]` is None."),
    ("nothing deeper", [(ARRAY, None)], ["list", ["tuple", "array", "array"]], "`f(…)[0][1]` is "),
]


@pytest.mark.parametrize(
    ("value", "returns", "says"),
    [c[1:] for c in WRONG_STRUCTURES],
    ids=[c[0] for c in WRONG_STRUCTURES],
)
def test_a_wrong_structure_stops_at_the_call(refused, value, returns, says):
    said = refused(_echo(value, returns, "tuple[Array, Cache]").f, ARRAY)[0]
    assert said.startswith(says)
    if "returned" in says:
        assert said.endswith("and tuple[Array, Cache] was expected.")


RIGHT_STRUCTURES = [
    (ARRAY, "array"),
    (np.float64(2), "array"),
    ((ARRAY, ARRAY), ["tuple", "array", "array"]),
    ([ARRAY, ARRAY], ["list", "array"]),
    ([], ["list", "array"]),
    ({"w": ARRAY}, ["dict", "array"]),
    ("text", "any"),
    (None, "any"),
]


@pytest.mark.parametrize(("value", "returns"), RIGHT_STRUCTURES)
def test_the_right_structure_comes_as_it_is(value, returns):
    assert repr(_echo(value, returns).f(ARRAY)) in (repr(value), "array(2.)")


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.int64(2), np.array(2.0)])
def test_every_kind_of_number_becomes_a_float(value):
    for spec, given in (("scalar", value), (["tuple", "scalar", "array"], (value, ARRAY))):
        got = _echo(given, spec).f(ARRAY)
        got = got[0] if isinstance(got, tuple) else got
        assert (type(got), got) == (float, 2.0)


@pytest.mark.parametrize("value", [None, True, 2j, "2", [2.0], np.ones(1), Foreign("Tensor")])
def test_what_is_no_number_stops_at_the_call(refused, value):
    assert refused(_echo(value, "scalar").f)[0].startswith("`f` ")
    assert refused(_echo((value, ARRAY), ["tuple", "scalar", "array"]).f)[0].startswith("`f(…)[0]`")


CACHED = """
    def forward(x) -> tuple[Array, Cache]:
        return 2 * x, {"x": x}

    def backward(dy, cache) -> Array:
        return dy * cache["x"]
"""


def test_a_cache_cannot_be_looked_into(student):
    cache = student(CACHED).forward(ARRAY)[1]
    assert type(cache) is Handle
    assert repr(cache) == "<opaque>"
    for look in (iter, len, lambda c: c["x"], lambda c: c.x, vars):
        with pytest.raises((TypeError, AttributeError)):
            look(cache)


def test_a_cache_goes_back_to_where_it_came_from(student):
    who = student(CACHED)
    first, second = (who.forward(k * ARRAY)[1] for k in (1, 5))
    assert (who.backward(ARRAY, second) == 5).all()
    assert (who.backward(ARRAY, first) == 1).all()
    assert (who.backward(dy=ARRAY, cache=second) == 5).all()


def test_a_handle_is_dropped_when_the_test_lets_go():
    backend = Echo(Reply())
    handle = Handle(backend, 7)
    gone = weakref.ref(handle)
    assert backend.dropped == []
    del handle
    gc.collect()
    assert gone() is None
    assert backend.dropped == [7]


def test_dropped_caches_are_forgotten_beside_the_code(student):
    who = student(CACHED)
    kept = who.forward(ARRAY)[1]
    for _ in range(10):
        who.forward(ARRAY)
    gc.collect()
    assert len(who._backend._kept) == 1
    del kept


def test_changed_arguments_are_noted_and_the_test_of_them_fails(student, refused):
    who = student("def f(x, w):\n    w *= 2\n    return x\n\ndef g(x):\n    return x")
    who.g(ARRAY)
    check_unchanged(who)
    for _ in range(3):
        who.f(ARRAY, ARRAY.copy())
    assert refused(check_unchanged, who) == [
        "`f` changed its argument `w`. Work on a copy, or on new arrays."
    ]


def test_an_in_place_function_still_gives_its_own_answer(student):
    who = student("def relu(x):\n    x[x < 0] = 0\n    return x")
    x = np.array([-1.0, 2.0])
    assert who.relu(x).tolist() == [0, 2]
    assert x.tolist() == [-1, 2]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(a, c):\n    c *= 2\n    return a", "x / w"),
        ("def f(*args):\n    args[1][...] = 0\n    return args[0]", "x / w"),
        (
            "def d(g):\n    return lambda *a, **k: g(*a, **k)\n\n"
            "@d\ndef f(x, w):\n    w *= 2\n    return x",
            "x / w",
        ),
    ],
    ids=["renamed", "variadic", "decorated"],
)
def test_an_argument_under_another_name_is_noted_all_the_same(student, refused, source, names):
    who = student(source, signatures="def f(x, w): ...")
    who.f(ARRAY, ARRAY.copy())
    assert f"`f` changed its argument `{names}`." in refused(check_unchanged, who)[0]


def test_a_worker_cannot_put_a_name_of_its_own_into_a_message():
    who = _echo(ARRAY, "array", changed=("0.1234 is the answer",))
    who.f(ARRAY, 3)
    assert who.notes.changed == [("f", "x")]


def test_warnings_are_noted_and_the_test_of_them_fails(student, refused):
    who = student("import numpy as np\ndef f(x):\n    return np.exp(x)")
    who.f(ARRAY)
    check_silent(who)
    who.f(1e4 * ARRAY)
    assert refused(check_silent, who) == [
        "`f` raised RuntimeWarning: NumPy met an overflow, an invalid value or the like."
    ]


CALLS = [
    (((ARRAY, ARRAY[0]), {}), "f(x: (2, 3), w: (3,))"),
    (((ARRAY,), {"b": 0.5}), "f(x: (2, 3), b=0.5)"),
    (((np.array(2.0),), {}), "f(x=2)"),
    (((Handle(None, 1), None), {}), "f(x, w=None)"),
    ((([ARRAY, ARRAY], (2, 3)), {}), "f(x: list[2], w=(2, 3))"),
    ((({"m": ARRAY},), {}), "f(x: dict[1])"),
    ((("text" * 50,), {}), "f(x='" + "text" * 9 + "te…)"),
    (((True, "same"), {}), "f(x=True, w='same')"),
]


@pytest.mark.parametrize(("call", "text"), CALLS, ids=[c[1] for c in CALLS])
def test_a_call_is_told_by_its_shapes(call, text):
    who = _echo(ARRAY, "array")
    who.f(*call[0], **call[1])
    assert who.notes.calls == [text]


def test_a_name_that_the_reference_does_not_have_is_an_error_of_the_tests():
    with pytest.raises(AttributeError, match="no function 'relo'; it has f"):
        _echo(ARRAY, "array").relo  # noqa: B018
    assert not hasattr(_echo(ARRAY, "array"), "__array__")


def test_a_generator_advances_and_repeats_per_seed(student):
    who = student("def draw(rng):\n    return rng.standard_normal(3)")
    first, again, other = who.generator(1), who.generator(1), who.generator(2)
    a, b = who.draw(first), who.draw(first)
    assert not np.array_equal(a, b)
    assert np.array_equal(who.draw(again), a)
    assert not np.array_equal(who.draw(other), a)


def test_notes_begin_anew_with_each_test(student):
    who = student("def f(x):\n    x += 1\n    return x")
    twin = who.metered()
    who.f(ARRAY.copy())
    notes = Notes()
    who.begin(notes)
    assert who.notes is twin.notes is notes
    check_unchanged(who)


def test_a_counted_call_gives_value_and_count(student):
    who = student("def f(x):\n    return 2 * x")
    value, reply = who.run("f", (ARRAY,), count=True)
    assert (value == 2).all()
    assert reply.count.bytecodes > 0
    assert reply.cpu_seconds >= 0
    assert who.notes.calls == []  # what a message shows is the plain call


@pytest.mark.parametrize("value", [None, [1.0], (ARRAY, ARRAY)])
def test_the_refusal_is_a_failed_check_and_no_error_of_the_kit(value):
    with pytest.raises(CheckFailed):
        np.sum(ARRAY * _echo(value, "array").f(ARRAY))
