"""Frames: every value comes back as it was, and no bytes do harm."""

from __future__ import annotations

import contextlib
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox import wire
from autograder.sandbox.errors import ProtocolError, TooLarge
from autograder.sandbox.packing import pack
from shared.calls import Foreign, Handle

settings.register_profile("kit", derandomize=True, deadline=None, database=None, max_examples=150)
settings.load_profile("kit")


def there_and_back(value, **options):
    return wire.unpack(pack(value, key_of=lambda handle: handle._key), handle=str, **options)


def frame(tree, table=(), body=b"", *, header=None):
    text = json.dumps([tree, list(table)]).encode() if header is None else header
    return wire.HEAD.pack(wire.MAGIC, len(text), len(body)) + text + body


def refused(data, **options):
    with pytest.raises(ProtocolError):
        wire.unpack(data, handle=str, **options)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, float):
        # A NaN's sign and payload say nothing; -0.0 does.
        return (a != a and b != b) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    return a == b


NAMES = [name for name in wire.DTYPES if name != "bool"]
ARRAYS = st.sampled_from(sorted(wire.DTYPES)).flatmap(
    lambda name: hnp.arrays(name, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
)
SCALARS = ARRAYS.filter(lambda a: a.size).map(lambda a: a.ravel()[0])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.none() | st.booleans() | st.integers() | TEXTS | st.floats(allow_nan=False)
LEAVES = KEYS | st.floats() | st.complex_numbers() | ARRAYS | SCALARS
TREES = st.recursive(
    LEAVES,
    lambda parts: (
        st.lists(parts)
        | st.lists(parts).map(tuple)
        | st.dictionaries(KEYS | st.tuples(KEYS, KEYS), parts)
    ),
    max_leaves=20,
)


@given(TREES)
def test_every_tree_of_data_comes_back(value):
    assert same(there_and_back(value), value)


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 255))
def test_damaged_frames_give_a_value_or_a_protocol_error(noise, at, byte):
    value = (1, "é", [2.5, np.float32(1)], {"a": np.arange(6.0), (1, 2): np.array([True])})
    good = bytearray(pack(value, key_of=None))
    bad = bytearray(good)
    bad[at % len(bad)] = byte
    for data in (bad, good[: at % len(good)], good + noise, noise, good[:16] + noise):
        with contextlib.suppress(ProtocolError):
            wire.unpack(data, handle=str)


@pytest.mark.parametrize("name", sorted(wire.DTYPES))
def test_arrays_come_back_fresh_writable_and_in_c_order(name):
    source = np.ones((3, 4), name).T[::2]
    array = there_and_back(source)
    assert same(array, np.ascontiguousarray(source))
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.flags.owndata


@pytest.mark.parametrize("source", [np.arange(6.0, dtype=">f8"), np.arange(12.0)[::-2]])
def test_byte_order_and_strides_do_not_travel(source):
    array = there_and_back(source)
    assert array.dtype == np.float64
    assert array.dtype.isnative
    assert (array == source).all()


@pytest.mark.parametrize(
    ("source", "layout"),
    [
        (np.arange(12.0).reshape(3, 4), "c_contiguous"),
        (np.arange(12.0).reshape(3, 4).T, "f_contiguous"),
        (np.arange(12.0).reshape(3, 4)[:, ::2], None),
    ],
)
def test_a_request_keeps_the_layout(source, layout):
    data = pack(source, key_of=None, trusted=True)
    array = wire.unpack(data, handle=str, layouts=True)
    assert (array == source).all()
    flags = [name for name in ("c_contiguous", "f_contiguous") if getattr(array.flags, name)]
    assert flags == ([layout] if layout else [])


def test_a_reply_may_not_choose_a_layout():
    refused(frame(["a", 0], [["float64", [1], "F"]], bytes(8)))


class Sub(np.ndarray):
    pass


class Pair(tuple):
    pass


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (np.ones(2).view(Sub), "Sub"),
        (np.ma.array([1.0]), "MaskedArray"),
        (np.array([None]), "ndarray of object"),
        (np.array(["a"]), "ndarray of <U1"),
        (np.array(["2020"], "M8[D]"), "ndarray of datetime64[D]"),
        (np.zeros(1, np.longdouble), "ndarray of float128"),
        (np.zeros(1, [("a", float)]), "ndarray of [('a', '<f8')]"),
        (np.longdouble(1), "longdouble"),
        (np.str_("a"), "str_"),
        (Pair((1, 2)), "Pair"),
        (object(), "object"),
        (b"bytes", "bytes"),
        ({1, 2}, "set"),
        (range(3), "range"),
        (int, "type"),
        ("\ud800", "str"),
        (10**1000, "int"),
        ({frozenset(): 1}, "dict with keys of type frozenset"),
    ],
)
def test_what_is_no_data_comes_back_as_foreign(value, name):
    assert there_and_back([value]) == [Foreign(name)]


def test_a_foreign_name_is_harmless():
    value = wire.unpack(frame(["x", "a\x1b[2J\u202e\n<b>"]), handle=str)
    assert value == Foreign("a\ufffd[2J\ufffd\ufffd<b>")


def test_a_test_may_send_data_only():
    with pytest.raises(TypeError, match="set"):
        pack({1}, key_of=None, trusted=True)


def test_handles_travel_as_numbers():
    assert there_and_back({"a": [Handle(None, 7)]}) == {"a": ["7"]}


def circle():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value",
    [
        circle(),
        [0.1] * (wire.NODES + 1),
        "x" * (wire.HEADER_CAP + 1),
        [np.zeros(1)] * (wire.ARRAYS + 1),
        dict.fromkeys(range(wire.ENTRIES + 1)),
        np.zeros((1,) * (wire.DIMENSIONS + 1)),
        np.zeros(1001, np.uint8),
    ],
    ids=["circle", "nodes", "text", "arrays", "dict", "dimensions", "bytes"],
)
def test_what_passes_a_cap_is_not_sent(value):
    with pytest.raises(TooLarge):
        pack(value, key_of=None, body_cap=1000)


def nested(tag, depth):
    tree = 1
    for _ in range(depth):
        tree = [tag, tree]
    return tree


F8 = [["float64", [1]]]
MALFORMED = {
    "empty": b"",
    "short": wire.MAGIC,
    "magic": b"XXXX" + frame(1)[4:],
    "text": b"score: 100/100\n" * 5,
    "header longer than there is": wire.HEAD.pack(wire.MAGIC, 99, 0) + b"[1,[]]",
    "header over the cap": wire.HEAD.pack(wire.MAGIC, wire.HEADER_CAP + 1, 0),
    "body over the cap": wire.HEAD.pack(wire.MAGIC, 6, 1 << 63) + b"[1,[]]",
    "trailing bytes": frame(1) + b"\0",
    "no JSON": frame(0, header=b"[1,["),
    "no UTF-8": frame(0, header=b'["\xff",[]]'),
    "pickle": frame(0, header=b"\x80\x04N."),
    "brackets": frame(0, header=b"[" * 100_000),
    "no pair": frame(0, header=b"[1]"),
    "a triple": frame(0, header=b"[1,[],1]"),
    "a number": frame(0, header=b"1"),
    "table is no list": frame(0, header=b'[1,"a"]'),
    "an object": frame(0, header=b'[{"a":1},[]]'),
    "an empty object": frame(0, header=b"[{},[]]"),
    "NaN": frame(0, header=b"[NaN,[]]"),
    "Infinity": frame(0, header=b"[-Infinity,[]]"),
    "a float out of range": frame(0, header=b"[1e999,[]]"),
    "a long integer": frame(0, header=b"[" + b"9" * 100_000 + b",[]]"),
    "lone surrogate": frame(0, header=b'["\\ud800",[]]'),
    "no tag": frame([]),
    "tag is no text": frame([1, 2]),
    "unknown tag": frame(["z", 1]),
    "too deep": frame(nested("l", wire.DEPTH + 1)),
    "too many nodes": frame(["l"] + [0] * wire.NODES),
    "entry is no pair": frame(["d", [1]]),
    "key twice": frame(["d", [1, 1], [True, 2]]),
    "key is a list": frame(["d", [["l"], 1]]),
    "key is a tuple of lists": frame(["d", [["t", ["l"]], 1]]),
    "key is an array": frame(["d", [["a", 0], 1]], F8, bytes(8)),
    "key is foreign": frame(["d", [["x", "a"], 1]]),
    "colliding keys": frame(["d", *([k * (2**61 - 1), 0] for k in range(wire.ENTRIES + 1))]),
    "bad spelling of a float": frame(["f", "NaN"]),
    "complex of integers": frame(["c", 1, 2]),
    "complex of one": frame(["c", 1.0]),
    "foreign without a name": frame(["x"]),
    "foreign with a long name": frame(["x", "a" * 1000]),
    "handle is no number": frame(["h", "1"]),
    "handle is True": frame(["h", True]),
    "scalar is no hex": frame(["n", "float64", "zz" * 8]),
    "scalar too short": frame(["n", "float64", "00"]),
    "scalar of object": frame(["n", "object", "00" * 8]),
    "array is not there": frame(["a", 0]),
    "array is negative": frame(["a", -1], F8, bytes(8)),
    "array twice": frame(["t", ["a", 0], ["a", 0]], F8, bytes(8)),
    "array out of turn": frame(["t", ["a", 1], ["a", 0]], F8 * 2, bytes(16)),
    "array not used": frame(1, F8, bytes(8)),
    "row is no list": frame(["a", 0], ["float64"], bytes(8)),
    "row is short": frame(["a", 0], [["float64"]], bytes(8)),
    "object dtype": frame(["a", 0], [["object", [1]]], bytes(8)),
    "dtype is a list": frame(["a", 0], [[["float64"], [1]]], bytes(8)),
    "big-endian dtype": frame(["a", 0], [[">f8", [1]]], bytes(8)),
    "float128": frame(["a", 0], [["float128", [1]]], bytes(16)),
    "shape is a number": frame(["a", 0], [["float64", 1]], bytes(8)),
    "side is negative": frame(["a", 0], [["float64", [-1]]], bytes(8)),
    "two sides are negative": frame(["a", 0], [["float64", [-1, -1]]], bytes(8)),
    "side is True": frame(["a", 0], [["float64", [True]]], bytes(8)),
    "side is a float": frame(["a", 0], [["float64", [1.0]]], bytes(8)),
    "side is huge": frame(["a", 0], [["float64", [1 << 62]]], bytes(8)),
    "empty and huge": frame(["a", 0], [["float64", [0, 1 << 47, 1 << 47]]]),
    "product overflows": frame(["a", 0], [["float64", [1 << 32, 1 << 32]]]),
    "too many dimensions": frame(["a", 0], [["float64", [1] * 33]], bytes(8)),
    "body too short": frame(["a", 0], F8, bytes(7)),
    "body too long": frame(["a", 0], F8, bytes(9)),
    "too many arrays": frame(["l"], [["uint8", [0]]] * (wire.ARRAYS + 1)),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_frames_are_refused(name):
    refused(MALFORMED[name], body_cap=1 << 30)


def test_a_body_over_the_cap_is_refused_by_its_head():
    data = pack(np.zeros(100), key_of=None)
    with pytest.raises(ProtocolError, match="too large"):
        wire.lengths(data[: wire.HEAD.size], 799)
    assert wire.lengths(data[: wire.HEAD.size], 800)[1] == 800


def test_bool_bytes_become_zero_or_one():
    array = wire.unpack(frame(["a", 0], [["bool", [4]]], bytes([0, 1, 2, 255])), handle=str)
    assert array.view(np.uint8).tolist() == [0, 1, 1, 1]
    scalar = wire.unpack(frame(["n", "bool", "ff"]), handle=str)
    assert scalar.tobytes() == b"\1"
