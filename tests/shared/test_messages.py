"""Every sentence renders with what the code gives it, and a hidden test's lets no data through."""

from __future__ import annotations

import ast
import json
import random
import string
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from shared.calls import FailureKind
from shared.messages import (
    NAMES_OF_HIDDEN,
    NEVER_OF_HIDDEN,
    NUMBERS_OF_HIDDEN,
    TYPES_OF_HIDDEN,
    Message,
    message,
    redact,
    render,
)
from shared.sentences import ENGLISH, ONE

ROOT = Path(__file__).parents[2]
FILES = sorted(
    [
        *(ROOT / "shared").rglob("*.py"),
        *(ROOT / "autograder").rglob("*.py"),
        *(ROOT / "assignments" / "tests").glob("*.py"),
    ]
)


def _placeholders(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def _trees():
    for path in FILES:
        if path.name != "sentences.py":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def _calls():
    """(where, id, names) of every ``message("id", name=...)`` of the project."""
    for path, tree in _trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            named = isinstance(node.func, ast.Name) and node.func.id == "message"
            if named and isinstance(node.args[0], ast.Constant):
                names = {keyword.arg for keyword in node.keywords}
                yield f"{path.name}:{node.lineno}", node.args[0].value, names


CALLS = list(_calls())


@pytest.mark.parametrize(("where", "id", "names"), CALLS, ids=[f"{c[0]} {c[1]}" for c in CALLS])
def test_a_message_is_given_what_its_sentence_names(where, id, names):
    assert id in ENGLISH
    if None not in names:  # None stands for **values
        assert names == _placeholders(ENGLISH[id])


def _made_dynamically():
    verdicts = {f"verdict-{v}" for v in ("passed", "failed", "skipped", "error", "internal")}
    # student._failure_messages names a message after the kind of the failure.
    kinds = {*get_args(FailureKind), "raised-nowhere", "import-nowhere"}
    hidden = {id for id in ENGLISH if id.endswith("-hidden")}
    notes = {f"note-{id}" for id in ENGLISH}  # what the table says of a message, in short
    items = {f"doctor-item-{what}" for what in ("console", "folder")}
    return verdicts | kinds | hidden | notes | items


# Written, and said nowhere yet.
WAITING = {"needs-component"}


def test_every_sentence_is_used():
    constants = {
        node.value
        for _, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    pages = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "autograder").rglob("*.html"))
    unused = {id for id in ENGLISH if id not in constants and f'"{id}"' not in pages}
    assert unused - _made_dynamically() - WAITING == set()


def test_a_sentence_for_hidden_tests_has_one_for_local_tests():
    for id in ENGLISH:
        if id.endswith("-hidden") and id not in ("table-hidden", "page-hidden"):
            plain = id.removesuffix("-hidden")
            assert _placeholders(ENGLISH[id]) <= _placeholders(ENGLISH[plain]), id


def test_every_failure_has_a_sentence():
    values = {"function": "f", "file": "nn/a.py", "type": "T", "line": 3}
    told = {"absent": "no-file"}
    for kind in get_args(FailureKind):
        assert render(message(told.get(kind, kind), **values))


def test_a_sentence_for_one_names_what_it_counts_and_all_else():
    for id, (number, text) in ONE.items():
        assert _placeholders(text) == _placeholders(ENGLISH[id]), id
        assert number in _placeholders(text), id


def test_an_unknown_id_is_an_error_of_the_kit():
    with pytest.raises(KeyError, match="no-such"):
        message("no-such")
    with pytest.raises(KeyError):
        render(message("none", what="y"), lang="xx")


SHOWN = [
    (1 / 3, "0.333333"),
    (1e-12, "1e-12"),
    (np.float32(0.5), "0.5"),
    (np.int64(3), "3"),
    (float("nan"), "nan"),
    (np.float64("-inf"), "-inf"),
    (1 + 2j, "(1+2j)"),
    ((), "()"),
    ((4,), "(4,)"),
    ((2, 3), "(2, 3)"),
    ((np.int64(2), (1.5, "a")), "(2, (1.5, a))"),
    ("{what} %s", "{what} %s"),
    (True, "True"),
    (np.True_, "True"),
    (None, "None"),
]


@pytest.mark.parametrize(("value", "shown"), SHOWN, ids=[str(c[1]) for c in SHOWN])
def test_a_value_is_shown_in_few_digits_and_survives_json(value, shown):
    made = message("none", what=value)
    assert render(made) == f"`{shown}` is None. Does the function end in a `return`?"
    again = Message.from_json(json.loads(json.dumps(made.to_json(), allow_nan=False)))
    assert again == made
    assert render(again) == render(made)


ALLOWED = NUMBERS_OF_HIDDEN | NAMES_OF_HIDDEN
# Counts of Python work are the same for all data.
ALLOWED_OF_LOOP = {"first", "second", "third"}


def _secret(rng):
    digits = "".join(rng.choices(string.digits, k=12))
    return rng.choice(
        [
            float("0." + digits),
            int("9" + digits),
            "".join(rng.choices(string.ascii_letters, k=12)),
            [int("9" + digits), int("8" + digits)],
        ]
    )


@pytest.mark.parametrize("id", [id for id in ENGLISH if not id.endswith("-hidden")])
def test_a_hidden_message_lets_no_data_through(id):
    rng = random.Random(id)
    for _ in range(50):
        names = _placeholders(ENGLISH[id]) | {"extra"}
        secret = {n for n in names if n not in ALLOWED}
        if id == "loop":
            secret -= ALLOWED_OF_LOOP
        values = {n: _secret(rng) if n in secret else f"<{n}>" for n in names}
        values |= {n: "".join(rng.choices(string.ascii_letters, k=12)) for n in TYPES_OF_HIDDEN}
        made = Message(id, values)
        redacted = redact([made], known=frozenset({"ValueError"}))
        if id in NEVER_OF_HIDDEN:
            assert redacted == []
            continue
        text = render(redacted[0]) + json.dumps(redacted[0].to_json())
        for name in secret:
            for part in values[name] if isinstance(values[name], list) else [values[name]]:
                assert str(part) not in text
                assert render(Message("none", {"what": part})).split("`")[1] not in text


def test_a_type_is_shown_to_a_hidden_tests_reader_only_when_it_is_known():
    made = message("raised", function="f", type="ValueError", file="nn/a.py", line=3)
    assert "raised ValueError at" in render(redact([made], {"ValueError"})[0])
    assert "raised ? at" in render(redact([made], set())[0])
    assert {"type", "warning"} == set(TYPES_OF_HIDDEN)


def test_hidden_messages_keep_what_failed_and_its_limit():
    made = [
        message("values", what="dw", index=(1, 2), got=1.5, expected=2.5, error=0.4, limit=1e-9),
        message("shape", what="dw", got=(7, 8), expected=(8, 7)),
        message("looks-averaged", count=13, axis="batch"),
        message("structure", function="f", got="a list of 2", expected="tuple[Array, Cache]"),
        message("changed", function="f", argument="x"),
    ]
    assert [render(m) for m in redact(made, set())] == [
        "`dw` is wrong: relative error over the limit of 1e-09.",
        "`dw` has the wrong shape.",
        "It looks like the right answer divided by the size of the batch axis.",
        "`f` did not return tuple[Array, Cache].",
        "`f` changed its argument `x`. Work on a copy, or on new arrays.",
    ]


def test_a_hidden_test_does_not_say_how_many_bytecodes_a_loop_ran():
    counts = {"first": 10, "second": 20, "third": 40, "n1": 8, "n2": 16, "n4": 32}
    said = message("loop", function="neuron", axis="batch", **counts)
    (shown,) = redact([said], frozenset())
    assert shown.values == {"function": "neuron", "axis": "batch"}
    assert "grows with the size" in render(shown)
