"""One call of a student's function: what is caught, what is noticed, what is put back."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

from shared.calls import Handle
from shared.invoke import invoke, seal, unseal


def _ones():
    return np.ones((2, 3))


def change(target):
    target[...] = 7.0


def positional(x, w):
    change(w)


def in_list(params):
    change(params[1])


def in_tuple(pair):
    change(pair[0][1])


def in_dict(state):
    change(state["v"])


def keyword(x, *, w):
    change(w)


def variadic(*arrays, **named):
    change(arrays[1])
    change(named["w"])


def both(x, w):
    change(x)
    change(w)


def view(x):
    x.reshape(-1)[0] = 5.0


def swapped_sign(x):
    x[...] = -0.0


CHANGES = [
    (positional, lambda: ((_ones(), _ones()), {}), ("w",)),
    (in_list, lambda: (([_ones(), _ones()],), {}), ("params",)),
    (in_tuple, lambda: ((([_ones(), _ones()], 3),), {}), ("pair",)),
    (in_dict, lambda: (({"v": _ones(), "t": 1},), {}), ("state",)),
    (keyword, lambda: ((_ones(),), {"w": _ones()}), ("w",)),
    (variadic, lambda: ((_ones(), _ones()), {"w": _ones()}), ("argument 2", "w")),
    (both, lambda: ((_ones(), _ones()), {}), ("x", "w")),
    (view, lambda: ((_ones(),), {}), ("x",)),
    (swapped_sign, lambda: ((np.zeros(3),), {}), ("x",)),
]


@pytest.mark.parametrize(
    ("function", "make", "names"), CHANGES, ids=[c[0].__name__ for c in CHANGES]
)
def test_changed_arguments_are_named_and_put_back(function, make, names):
    args, kwargs = make()
    assert invoke(function, args, kwargs).changed == names
    assert repr((args, kwargs)) == repr(make())


def test_an_argument_with_nan_is_unchanged_until_it_is_changed():
    x = np.array([np.nan, 1.0])
    assert invoke(lambda x: x + 1, (x,), {}).changed == ()
    assert invoke(lambda x: change(x), (x,), {}).changed == ("x",)
    assert np.isnan(x[0])
    assert x[1] == 1


def test_one_array_given_twice_is_named_twice():
    x = _ones()
    assert invoke(both, (x, x), {}).changed == ("x", "w")


def test_what_was_changed_before_it_raised_is_noticed_too():
    def f(x):
        change(x)
        raise ValueError

    x = _ones()
    outcome = invoke(f, (x,), {})
    assert isinstance(outcome.error, ValueError)
    assert outcome.changed == ("x",)
    assert (x == 1).all()


# A student who works in place loses the test of that, and not every other one as well.
def test_a_result_that_is_the_changed_argument_keeps_its_values():
    def relu(x):
        x[x < 0] = 0
        return x, (x, {"again": [x[0]]})

    x = np.array([[-1.0, 2.0]])
    outcome = invoke(relu, (x,), {})
    y, (kept, more) = outcome.value
    assert outcome.changed == ("x",)
    assert x.tolist() == [[-1, 2]]
    assert y.tolist() == kept.tolist() == [[0, 2]]
    assert more["again"][0].tolist() == [0, 2]


def test_a_result_that_is_the_unchanged_argument_is_that_argument():
    x = _ones()
    assert invoke(lambda x: x, (x,), {}).value is x


@pytest.mark.parametrize(
    "meddle",
    [
        lambda x: x.resize((6,), refcheck=False),
        lambda x: (change(x), x.setflags(write=False)),
    ],
    ids=["shape", "read-only"],
)
def test_an_argument_that_cannot_be_put_back_is_named_all_the_same(meddle):
    outcome = invoke(lambda x: meddle(x), (_ones(),), {})
    assert outcome.error is None
    assert outcome.changed == ("x",)


def test_read_only_arguments_and_other_types_are_left_alone():
    x = np.broadcast_to(1.0, (2, 3))
    outcome = invoke(lambda x, n, s: (x, n, s), (x, 3, "mean"), {})
    assert outcome.changed == ()
    assert outcome.value[1:] == (3, "mean")


def test_warnings_are_named_in_order_even_where_they_were_silenced():
    def f(x):
        warnings.warn("mine", UserWarning, stacklevel=1)
        return np.log(x), np.exp(1e4)

    np.seterr(all="ignore")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = invoke(f, (np.zeros(2),), {})
    np.seterr(all="warn", under="ignore")
    assert outcome.warnings == ("UserWarning", "RuntimeWarning", "RuntimeWarning")
    assert invoke(lambda: np.exp(-1e4), (), {}).warnings == ()


def test_the_callers_own_warning_settings_survive():
    before = warnings.filters[:], np.geterr()
    invoke(lambda: np.seterr(all="raise"), (), {})
    invoke(lambda: warnings.simplefilter("error"), (), {})
    assert (warnings.filters[:], np.geterr()) == before


def test_ctrl_c_is_not_caught():
    def f():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        invoke(f, (), {})


def test_a_call_can_be_counted():
    assert invoke(lambda: sum(range(5)), (), {}).count is None
    counted = invoke(lambda: sum(range(5)), (), {}, count=True).count
    assert counted.intact
    assert counted.bytecodes > 0


def test_the_count_ends_when_the_call_raises():
    before = sys.gettrace()
    outcome = invoke(lambda: 1 / 0, (), {}, count=True)
    assert isinstance(outcome.error, ZeroDivisionError)
    assert sys.gettrace() is before


SEALS = [
    ("opaque", [1, 2], "K0"),
    ("any", [1, 2], [1, 2]),
    ("array", "x", "x"),
    (["tuple", "array", "opaque"], (1, 2), (1, "K0")),
    (["tuple", "opaque", "array", "opaque"], (1, 2, 3), ("K0", 2, "K1")),
    (["tuple", "array", ["tuple", "array", "opaque"]], (1, (2, 3)), (1, (2, "K0"))),
    (["list", "opaque"], [1, 2], ["K0", "K1"]),
    (["dict", "opaque"], {"a": 1}, {"a": "K0"}),
    # Another structure than the annotation's is handed on as it is: the wrapper has words for it.
    (["tuple", "array", "opaque"], (1, 2, 3), (1, 2, 3)),
    (["tuple", "array", "opaque"], [1, 2], [1, 2]),
    (["list", "opaque"], (1, 2), (1, 2)),
    (["tuple", "array", "opaque"], None, None),
]


@pytest.mark.parametrize(("spec", "value", "sealed"), SEALS, ids=[str(c[:2]) for c in SEALS])
def test_seal_replaces_what_is_opaque(spec, value, sealed):
    kept = []

    def keep(part):
        kept.append(part)
        return f"K{len(kept) - 1}"

    assert seal(value, spec, keep) == sealed


def test_unseal_finds_every_handle():
    a, b = Handle(None, 1), Handle(None, 2)
    found = unseal((a, [b, 3], {"c": (a, None)}, "text"), lambda h: f"value {h._key}")
    assert found == ("value 1", ["value 2", 3], {"c": ("value 1", None)}, "text")
