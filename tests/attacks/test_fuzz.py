"""Random bytes where a student has the say: replies of a worker, and what is handed in.

Whatever they are, they give a value or the error that is meant for them. `FUZZ` sets how many
examples there are; without it they are few, and the same in every run.
"""

from __future__ import annotations

import io
import json
import math
import os
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.intake.archives import MAX_TOTAL
from autograder.intake.submissions import Handed, read_submission
from autograder.sandbox import replies, wire
from autograder.sandbox.errors import ProtocolError
from autograder.sandbox.packing import pack
from shared.calls import Foreign, Handle, Reply

COMPONENTS = {"backprop": ("linear_forward",), "conv": ("conv2d_forward",)}
LONG = int(os.environ.get("FUZZ", "0"))
# Loaded at import by other files of this run: a profile of ours would be theirs.
FUZZ = settings(
    derandomize=not LONG,
    deadline=None,
    database=None,
    max_examples=LONG or 200,
    suppress_health_check=list(HealthCheck),
)

# Half-formed headers: the tags and numbers of the format, in every wrong place.
TAGS = st.sampled_from(["t", "l", "d", "a", "n", "f", "c", "h", "x", "z", ""])
NUMBERS = st.integers(-3, 40) | st.sampled_from([2**31, 2**48, 2**63, 10**400, -(2**63)])
TEXTS = st.sampled_from(["float64", "bool", "nan", "inf", "00" * 8, "zz", "F", "\ud800", "\x1b[2J"])
LEAVES = TAGS | NUMBERS | TEXTS | st.none() | st.booleans() | st.floats(allow_nan=False)
HEADERS = st.recursive(LEAVES, lambda parts: st.lists(parts, max_size=5), max_leaves=30)
ROWS = st.lists(
    st.tuples(st.sampled_from(sorted(wire.DTYPES)), st.lists(st.integers(0, 5), max_size=4)).map(
        list
    ),
    max_size=4,
)


def framed(header: bytes, body: bytes) -> bytes:
    return wire.HEAD.pack(wire.MAGIC, len(header), len(body)) + header + body


def is_data(value: object) -> bool:
    """Whether a value is one of those that may come out of a frame."""
    if isinstance(value, (tuple, list)):
        return all(map(is_data, value))
    if isinstance(value, dict):
        return all(is_data(k) and is_data(v) for k, v in value.items())
    if type(value) is np.ndarray:
        return value.dtype.kind in "biufc" and value.flags.c_contiguous
    plain = (bool, int, float, complex, str, Foreign, Handle)
    return value is None or type(value) in plain or isinstance(value, np.number | np.bool_)


def decoded(data: bytes) -> object:
    """What the grader makes of a reply: a value, or a `ProtocolError` and nothing else."""
    try:
        value = wire.unpack(data, handle=lambda key: Handle(None, key), body_cap=1 << 20)
    except ProtocolError:
        return None
    assert is_data(value)
    return value


@FUZZ
@given(st.binary(max_size=200), st.binary(max_size=64))
def test_random_headers(header, body):
    decoded(framed(header, body))
    decoded(header + body)


@FUZZ
@given(HEADERS, HEADERS, st.binary(max_size=64))
def test_headers_of_half_formed_nodes(tree, table, body):
    decoded(framed(json.dumps([tree, table]).encode(), body))


@FUZZ
@given(HEADERS, ROWS, st.binary(min_size=1, max_size=8))
def test_half_formed_nodes_over_arrays_that_are_there(tree, table, bits):
    size = sum(wire.DTYPES[name].itemsize * math.prod(shape) for name, shape in table)
    arrays = ["l", *(["a", number] for number in range(len(table)))]
    body = (bits * (size + 1))[:size]
    decoded(framed(json.dumps([["t", arrays, tree], table]).encode(), body))
    assert decoded(framed(json.dumps([arrays, table]).encode(), body)) is not None


def frames(number: int) -> list[bytes]:
    """Replies in form, to be damaged."""
    values = (
        ("value", number, {"a": [np.arange(6.0).reshape(2, 3), (1, 2.5, "é")]}, ["x"], [], None),
        ("value", number, np.float32(1), [], ["RuntimeWarning"], (3, 4, True)),
        ("failure", number, "raised", "ValueError", "nn/work.py", 3, "text", "trace"),
        ("loaded", number),
    )
    return [pack(value, key_of=lambda handle: handle._key) for value in values]


@FUZZ
@given(st.data())
def test_damaged_replies(data):
    frame = bytearray(data.draw(st.sampled_from(frames(7))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(frame) - 1))
        match data.draw(st.sampled_from(["set", "cut", "copy", "length"])):
            case "set":
                frame[at] = data.draw(st.integers(0, 255))
            case "cut":
                del frame[at : at + data.draw(st.integers(1, 8))]
            case "copy":
                frame[at:at] = frame[at : at + 8]
            case "length":
                frame[4:16] = struct.pack("<IQ", at, max(0, len(frame) - 16 - at))
        if not frame:
            return
    value = decoded(bytes(frame))
    reply_of(value)


REPLIES = st.tuples(
    st.sampled_from(["value", "failure", "loaded", "gift"]) | LEAVES,
    st.just(7) | LEAVES,
) | st.lists(HEADERS, max_size=8).map(tuple)


@FUZZ
@given(REPLIES, st.lists(HEADERS, max_size=6))
def test_replies_of_any_form(start, rest):
    reply_of((*start, *rest))


def reply_of(value: object) -> None:
    try:
        reply = replies.parse(value, 7, {"nn/work.py": 3})
    except ProtocolError:
        return
    assert isinstance(reply, Reply)
    if reply.failure is not None:
        assert reply.failure.line <= 3
        assert reply.failure.file in ("", "nn/work.py")
        assert not set("\x1b\u202e\ud800") & set(reply.failure.message + reply.failure.type)
    # What is told of it is written as JSON and shown on a page.
    json.dumps([reply.changed, reply.warnings], ensure_ascii=False).encode()


NAMES = st.sampled_from(
    [
        "nn/backprop.py",
        "backprop.py",
        "hw/nn/backprop.py",
        "nn/conv.py",
        "tests/release.json",
        "__MACOSX/nn/._conv.py",
        "nn/\u0439.py",
        "nn/\u0438\u0306.py",
    ]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(lambda name: name + ".py")
CONTENTS = st.binary(max_size=80) | st.sampled_from(
    [
        b"x = 1\n",
        b"# coding: rot13\nk = 1\n",
        b"# coding: utf-7\nx = '+2AA-'\n",
        b"# coding: unicode_escape\nx = '\\ud800'\n",
        b"# -*- coding: idna -*-\n",
        b"\xef\xbb\xbf# coding: latin-1\n",
        b'{"suite": "\\ud800"}',
        b'{"suite": 1e999}',
        b"[" * 3000,
    ]
)


def read(path: Path) -> Handed:
    """What the grader makes of a submission; it has to fit into a result."""
    handed = read_submission("anna", path, COMPONENTS)
    problems = [handed.problem] if handed.problem else list(handed.broken.values())
    said = [p.to_json() for p in problems]
    json.dumps([said, sorted(handed.files), handed.release], ensure_ascii=False).encode()
    assert sum(map(len, handed.files.values())) <= MAX_TOTAL
    assert all(name.startswith("nn/") and ".." not in name for name in handed.files)
    for text in handed.files.values():
        # As the sandbox sends it.
        text.encode("utf-8", "surrogatepass")
    return handed


def zipped(entries: list[tuple[str, bytes]], method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in dict(entries).items():
            entry = zipfile.ZipInfo("placeholder.py")
            entry.filename = name
            entry.compress_type = method
            archive.writestr(entry, content)
    return buffer.getvalue()


METHODS = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])


@FUZZ
@given(st.lists(st.tuples(NAMES, CONTENTS), max_size=4), METHODS, st.data())
def test_zips(entries, method, data):
    archive = bytearray(zipped(entries, method))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(archive) - 1))
        if data.draw(st.booleans()):
            archive[at] = data.draw(st.integers(0, 255))
        else:
            del archive[at : at + data.draw(st.integers(1, 8))]
        if not archive:
            break
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "anna.zip")
        path.write_bytes(archive)
        read(path)


PARTS = st.binary(min_size=1, max_size=12).filter(
    lambda part: b"/" not in part and b"\0" not in part and part not in (b".", b"..")
)
PATHS = NAMES.map(os.fsencode).filter(lambda path: b"\0" not in path) | st.lists(
    PARTS, min_size=1, max_size=3
).map(lambda parts: b"/".join(parts) + b".py")


@FUZZ
@given(st.lists(st.tuples(PATHS, CONTENTS), max_size=4))
def test_folders(entries):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in entries:
            path = os.path.join(os.fsencode(folder), *name.lstrip(b"/").split(b"/"))
            try:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(content)
            except OSError:
                continue  # a file where another entry has a folder
        read(Path(folder))
