"""A check cell where a tool runs the notebook: what it prints alone would count as passed."""

from __future__ import annotations

import io
import os
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass

from shared.messages import message, render

VARIABLE = "NBGRADER_EXECUTION"  # nbgrader sets it: "validate" or "autograde"
WIDTH = 80  # nbgrader cuts off what is longer
_INDENT = re.compile(r"\s*")


@dataclass
class Told:
    """What the check says of itself."""

    passed: bool = False


class Unpassed(Exception):
    """What a check found, for nbgrader to show: our sentences and no traceback."""

    def _render_traceback_(self) -> list[str]:
        # IPython asks an exception for this.
        lines = []
        for line in str(self).splitlines():
            indent = _INDENT.match(line)
            within = f"{indent[0] if indent else ''}  "
            lines += textwrap.wrap(line, WIDTH, subsequent_indent=within) or [""]
        return lines


@contextmanager
def by_tool() -> Iterator[Told]:
    """Where nbgrader runs the notebook, raise what was printed unless the check passed."""
    told = Told()
    how = os.environ.get(VARIABLE)
    if not how:
        yield told
        return
    said = io.StringIO()
    with redirect_stdout(said):
        yield told
    if how == "autograde":
        # The course's configuration runs no notebook, so nbgrader does it without that.
        raise Unpassed(render(message("cell-autograde")))
    if not told.passed:
        raise Unpassed(said.getvalue())
    print(said.getvalue(), end="")
