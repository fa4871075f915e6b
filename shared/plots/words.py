"""The words in the pictures: English in the code, and their Russian in `russian.py`.

A picture wraps each text in ``_("...")``, as gettext wants it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from shared.language import choose
from shared.plots.russian import RUSSIAN

_spoken: ContextVar[str] = ContextVar("_spoken", default="en")


@contextmanager
def speaking(lang: str | None) -> Iterator[None]:
    """Let `_` give words of a language inside the block; the one to speak where it is None."""
    token = _spoken.set(lang or choose())
    try:
        yield
    finally:
        _spoken.reset(token)


def _(english: str) -> str:
    """A picture's text in the language that is spoken."""
    return RUSSIAN.get(english, english) if _spoken.get() == "ru" else english
