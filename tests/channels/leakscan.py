"""What no page of a student may hold, looked for as it would be read.

It knows nothing of `autograder.leaks`, which a release is searched with before it is written.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from autograder.authoring.stubs import find_regions
from autograder.course import Component
from autograder.stamps import DEMO_SECRET

SHORTEST = 16  # characters of a line of code that is no coincidence
_COMMENT = re.compile(r" # .*$")
_NOT_READ = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.S)


class LeakScan:
    """Searches texts for names, lines, secret and seeds of hidden tests, and lines of solutions.

    Parameters
    ----------
    components : iterable of Component
    shown : str
        All that students have anyway: a line of it is no secret.
    words : iterable of str
        More that must not be there, such as the course's secret.
    """

    def __init__(self, components: Iterable[Component], shown: str, words: Iterable[str]) -> None:
        known = _read(shown)
        self.names: set[str] = set()
        self.tests: set[str] = set()
        self.solutions: set[str] = set()
        for component in components:
            suite = component.hidden_tests.read_text(encoding="utf-8")
            self.names |= set(re.findall(r"def (test_\w+)", suite))
            self.tests |= {line for line in _lines(suite) if line not in known}
            solution = component.solution.read_text(encoding="utf-8")
            lines = solution.splitlines()
            for region in find_regions(solution, component.solution.name):
                inside = "\n".join(lines[region.first : region.last - 1])
                self.solutions |= {line for line in _lines(inside) if line not in known}
        self.words = {DEMO_SECRET, *words}

    def find(self, text: str, own: str = "") -> list[str]:
        """What of it stands in a text, or in a page of HTML; `own` is what the student wrote."""
        read = _read(html.unescape(_NOT_READ.sub("", text)))
        written = _read(own)
        lines = self.tests | {line for line in self.solutions if line not in written}
        words = [
            word
            for word in self.names | self.words
            if word in read and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", read)
        ]
        return sorted([*words, *(line for line in lines if line in read)])


def texts_of(folder: Path) -> dict[str, str]:
    """Every file under a folder by its name there, bytes that are no text passed over."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8", errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def entries_of(path: Path) -> dict[str, str]:
    """Every file in a zip, as `texts_of` has those of a folder."""
    with zipfile.ZipFile(path) as archive:
        return {
            f"{path.name}/{name}": archive.read(name).decode("utf-8", errors="replace")
            for name in archive.namelist()
        }


def as_read(name: str, text: str) -> str:
    """A file as somebody sees it: of JSON, as a notebook is, all texts in it."""
    if not name.endswith((".json", ".ipynb")):
        return text
    return "\n".join(_strings(json.loads(text)))


def seeds_of(tests: Iterable[str], secret: str) -> set[str]:
    """The numbers from which the data of hidden tests is drawn."""
    digests = (hashlib.sha256(f"{secret}:{test}".encode()).digest() for test in tests)
    return {str(int.from_bytes(digest[:8], "big")) for digest in digests}


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from _strings(value)
    elif isinstance(data, list):
        if all(isinstance(part, str) for part in data):
            yield "".join(data)  # the lines of a cell
        else:
            for part in data:
                yield from _strings(part)
    else:
        yield str(data)


def _read(text: str) -> str:
    """A text with one space where there are several."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def _lines(text: str) -> list[str]:
    """Lines of code that tell something, without the comments after them."""
    lines = (_COMMENT.sub("", line) for line in _read(text).splitlines())
    return [line for line in lines if len(line) >= SHORTEST and not line.startswith(("#", '"""'))]
