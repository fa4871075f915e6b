"""A sentence to be: an id and what it is filled with.

Results store an id and its numbers, never a sentence: the same result can be shown in another
language afterwards. `render` turns a `Message` into text. The sentences are in `sentences.py`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.catalogue import Catalogue, fill, load
from shared.sentences import ENGLISH, ONE


@dataclass(frozen=True)
class Message:
    """A sentence to be: its id in the catalogue and what it is filled with.

    `values` holds numbers, strings, and lists of these: what JSON can carry.
    """

    id: str
    values: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "values": self.values}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        return cls(str(data["id"]), dict(data.get("values", {})))


def message(id: str, **values: Any) -> Message:
    """Make a `Message`; tuples become lists, NumPy numbers Python's."""
    if id not in ENGLISH:
        raise KeyError(f"no message {id!r} in shared/sentences.py")
    return Message(id, {name: _plain(value) for name, value in values.items()})


def render(message: Message, lang: str | Catalogue = "en") -> str:
    """The sentence of a message.

    Parameters
    ----------
    message : Message
    lang : str or Catalogue
        A language that students have the texts of, or the catalogue to take.

    Raises
    ------
    KeyError
        When there is no such language or no such id.
    """
    words = load(lang) if isinstance(lang, str) else lang
    counted = ONE.get(message.id, ("",))[0]
    sentence = words.sentence(message.id, message.values.get(counted))
    values = {name: _show(_worded(name, v, words)) for name, v in message.values.items()}
    return fill(sentence, values)


def _worded(name: str, value: Any, words: Catalogue) -> Any:
    """Values that are words of ours and no code."""
    if not isinstance(value, str):
        return value
    if name == "what":
        return words.phrase(value)
    if name == "axis":
        return words.axis(value)
    return words.text(value) if name == "test" else value


def with_titles(message: Message, titles: Mapping[str, str]) -> Message:
    """The message with the title of the test that it names, where that is known."""
    test = message.values.get("test")
    if test is None:
        return message
    title = next((t for name, t in titles.items() if name.partition("[")[0] == test), test)
    return Message(message.id, {**message.values, "test": title})


def redact(messages: Iterable[Message], known: Container[str]) -> list[Message]:
    """What a hidden test may show: which property failed, and nothing that could carry its data.

    Parameters
    ----------
    messages : iterable of Message
    known : container of str
        Names that cannot carry data: built-in types, and the few classes that the submission
        defines. A class made at run time can be named after anything.
    """
    return [_redacted(m, known) for m in messages if m.id not in NEVER_OF_HIDDEN]


NEVER_OF_HIDDEN = frozenset({"raised-text"})
NUMBERS_OF_HIDDEN = frozenset({"limit", "line", "factor", "percent", "needed"})
NAMES_OF_HIDDEN = frozenset(
    {"what", "function", "file", "argument", "axis", "expected", "test", "component"}
)
TYPES_OF_HIDDEN = frozenset({"type", "warning"})


def _redacted(message: Message, known: Container[str]) -> Message:
    id = message.id + "-hidden" if message.id + "-hidden" in ENGLISH else message.id
    values: dict[str, Any] = {}
    for name, value in message.values.items():
        if f"{{{name}}}" not in ENGLISH[id]:
            continue
        if name in TYPES_OF_HIDDEN:
            values[name] = value if value in known else "?"
        elif name in NAMES_OF_HIDDEN | NUMBERS_OF_HIDDEN:
            values[name] = value
        else:
            values[name] = "?"
    return Message(id, values)


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if isinstance(value, complex):
        return repr(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return repr(value)  # JSON has no NaN and no infinity
    return value


def _show(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        inside = ", ".join(_show(v) for v in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return str(value)
