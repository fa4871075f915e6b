"""The words in the pictures: English in the code, and their Russian in `russian.py`.

A picture wraps each text in ``_("...")``, as gettext wants it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from shared.plots.russian import RUSSIAN

LANGUAGES = ("en", "ru")
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides

_spoken: ContextVar[str] = ContextVar("_spoken", default="en")


def language() -> str:
    """The language that the environment asks for, English where it asks for none of ours."""
    wanted = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), "")
    asked = [name[:2].lower() for name in wanted.split(":")]  # ru_RU.UTF-8, or ru:en
    return next((name for name in asked if name in LANGUAGES), LANGUAGES[0])


@contextmanager
def speaking(lang: str | None) -> Iterator[None]:
    """Let `_` give words of a language inside the block; of `language` where it is None."""
    token = _spoken.set(lang or language())
    try:
        yield
    finally:
        _spoken.reset(token)


def _(english: str) -> str:
    """A picture's text in the language that is spoken."""
    return RUSSIAN.get(english, english) if _spoken.get() == "ru" else english
