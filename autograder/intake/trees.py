"""The syntax tree of what a student wrote, once for all who look at it."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache

from shared.definitions import is_readable

KEPT = 32  # files; a submission has about a dozen


@lru_cache(KEPT)
def tree_of(source: str) -> ast.Module | None:
    """The tree; nothing where the text is no Python, and nothing of it will run.

    One that the parser may take for ever to read (`is_readable`) has none either: ask before.
    """
    if not is_readable(source):
        return None
    with warnings.catch_warnings():
        # Of "\\d" and its like: theirs, and not for the staff's terminal.
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
