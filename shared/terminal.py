"""What pytest's terminal speaks: the options of the course, and the language to fall back to."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import pytest

from shared.errors import CheckFailed
from shared.language import LANGUAGES, can_show, choose
from shared.release import FILE, find_release

_LANGUAGE = pytest.StashKey[str]()


def add_options(parser: pytest.Parser) -> None:
    """Let pytest take `--lang`, `--watch` and `--explain`."""
    group = parser.getgroup("the course")
    group.addoption("--watch", metavar="NAME", help="run a component again when it is saved")
    group.addoption(
        "--explain",
        action="store_true",
        help="draw each wrong array beside the right one, into the folder `explain`",
    )
    group.addoption(
        "--lang", choices=LANGUAGES, help="language of the messages; else the environment's"
    )


def lose_no_line() -> None:
    """Let a console of another encoding show ? for a letter that it does not have, and go on."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def width() -> int:
    """The columns of the terminal that is written to; 0 where it is none."""
    real = sys.__stdout__
    return shutil.get_terminal_size().columns if real is not None and real.isatty() else 0


def language_of(config: pytest.Config) -> str:
    """What the student reads here: `--lang`, the environment's language, or the course's.

    A console without the letters of a language that nobody asked for by name shows English.
    """
    if _LANGUAGE not in config.stash:
        option: str | None = config.getoption("--lang", None)
        try:
            course = find_release(_tests_folder(config)).language
        except CheckFailed:
            course = ""
        lang = choose(course, option)
        encoding = getattr(sys.__stdout__, "encoding", None)
        config.stash[_LANGUAGE] = lang if option or can_show(lang, encoding) else LANGUAGES[0]
    return config.stash[_LANGUAGE]


def _tests_folder(config: pytest.Config) -> Path:
    below = config.rootpath / "tests"
    return below if (below / FILE).exists() else config.rootpath
