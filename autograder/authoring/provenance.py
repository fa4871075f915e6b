"""The stamp of a release on what students hand in: the tests that their work was made for.

`tests/release.json` says so too, but what is handed in is the folder `nn` or a notebook. So each
channel writes the stamp into `nn/__init__.py` and into its notebooks, and a submission is asked for
it wherever it may be. The committed files of `assignments/` have none: they would change with every
edit of a test.
"""

from __future__ import annotations

import json
import re
from typing import Any

from autograder.authoring.notebooks import OURS
from autograder.course import Course

PACKAGE = "nn/__init__.py"
NAME = "__release__"
KEY = "release"  # of our metadata in a notebook
# It stands in a result and on a page: the hash that it should be, or nothing.
_SUITE = re.compile(r"[0-9A-Za-z._+-]{1,64}")
_LINE = re.compile(rf'^{NAME} = "\S+ ({_SUITE.pattern})"\s*$'.encode(), re.M)


def stamp_package(source: str, course: Course) -> str:
    """The text of `nn/__init__.py`, stamped."""
    return f'{source.rstrip()}\n\n{NAME} = "{course.version} {course.suite_hash()}"\n'


def stamp_notebook(text: str, course: Course) -> str:
    """The text of a notebook's file as nbformat writes it, stamped."""
    notebook = json.loads(text)
    notebook["metadata"].setdefault(OURS, {})[KEY] = course.suite_hash()
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def of_release_file(content: bytes | None) -> str:
    """The hash in a `tests/release.json`; empty where it holds none."""
    try:
        return _plain(json.loads(content)["suite"] if content else "")
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def of_package(content: bytes | None) -> str:
    """The hash in a `nn/__init__.py`; empty where it holds none."""
    found = _LINE.search(content or b"")
    return found[1].decode() if found else ""


def of_notebook(metadata: Any) -> str:
    """The hash in our metadata of a notebook; empty where it holds none."""
    return _plain(metadata.get(KEY)) if isinstance(metadata, dict) else ""


def _plain(suite: Any) -> str:
    return suite if isinstance(suite, str) and _SUITE.fullmatch(suite) else ""
