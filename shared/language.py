"""Which language a student reads.

`--lang`, or what a notebook is written in; else what the environment asks for; else the course's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

LANGUAGES = ("en", "ru")  # the first is what everything is written in
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # in the order of gettext

_used: list[str] = []


def use(lang: str) -> None:
    """Let this process speak a language: what a notebook's first cell says.

    Raises
    ------
    ValueError
        When there is no such language.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"no language {lang!r}; there are {', '.join(LANGUAGES)}")
    _used[:] = [lang]


def choose(course: str = "", option: str | None = None) -> str:
    """The language to speak.

    Parameters
    ----------
    course : str
        That of the course, as `course.toml` and the release say.
    option : str, optional
        What was asked for by name, such as ``--lang ru``.
    """
    found = option or "".join(_used) or from_environment(os.environ) or course
    return found if found in LANGUAGES else LANGUAGES[0]


def from_environment(environment: Mapping[str, str]) -> str:
    """The first of our languages that an environment asks for: ``LANG=ru_RU.UTF-8``, or none.

    `C` and `POSIX` ask for no language, and an empty variable is as good as none.
    """
    for variable in VARIABLES:
        value = environment.get(variable, "")
        if value:
            asked = [name.split("_")[0].split(".")[0].lower() for name in value.split(":")]
            return next((name for name in asked if name in LANGUAGES), "")
    return ""


def can_show(lang: str, encoding: str | None) -> bool:
    """Whether a stream of that encoding has the letters of a language."""
    sample = {"ru": "ёжик"}.get(lang, "")
    try:
        sample.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
