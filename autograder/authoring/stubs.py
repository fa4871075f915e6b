"""Stubs from solutions: a pure function of the source, same input, same bytes.

A region stands between two comments, each alone on its line and spelt exactly so::

    # BEGIN SOLUTION
    # END SOLUTION

In a function it becomes ``raise NotImplementedError("name")``; outside of one it is left out. It is
the one spelling that nbgrader and otter both take; a near miss is refused, since a tool that does
not know it hands the solution out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from autograder.errors import CourseProblem

BEGIN = "# BEGIN SOLUTION"
END = "# END SOLUTION"
_NEAR = re.compile(r"#.*\b(BEGIN|END)\b.{0,3}\bSOLUTIONS?\b|\b(BEGIN|END)[ _-]?SOLUTIONS?\b", re.I)


@dataclass(frozen=True)
class Region:
    """A solution: lines `first` to `last`, the markers included, counted from 1."""

    first: int
    last: int
    indent: str
    function: str  # "conv2d_forward", "LeNet5.forward", or "" outside a function


def make_stub(source: str, file: str) -> str:
    """The stub of a solution.

    Raises
    ------
    CourseProblem
        When a marker is misspelt, unpaired or nested, or a public function has no region.
    """
    regions = find_regions(source, file)
    lines = source.splitlines(keepends=True)
    pieces: list[str] = []
    position = 0
    raised: set[str] = set()
    for region in regions:
        pieces += lines[position : region.first - 1]
        position = region.last
        # A second region of one function is never reached: the first one's line raises.
        if region.function and region.function not in raised:
            pieces.append(f'{region.indent}raise NotImplementedError("{region.function}")\n')
            raised.add(region.function)
        elif not region.function:  # of the blank lines on its two sides, the more are enough
            position += min(_blank(reversed(pieces)), _blank(lines[position:]))
    pieces += lines[position:]
    stub = "".join(pieces).rstrip("\n") + "\n"
    try:
        ast.parse(stub)
    except SyntaxError as error:
        raise CourseProblem(
            f"{file}: its stub is no Python ({error.msg}, line {error.lineno} of the stub): "
            "move the markers so that whole statements stand between them"
        ) from None
    return stub


def _blank(lines: Iterable[str]) -> int:
    """How many of the first lines are blank."""
    return sum(1 for _line in takewhile(lambda line: not line.strip(), lines))


def find_regions(source: str, file: str) -> list[Region]:
    """The solution regions of a source, in order.

    Raises
    ------
    CourseProblem
    """
    functions = _functions(source, file)
    regions: list[Region] = []
    begin: int | None = None
    for number, line in enumerate(source.splitlines(), start=1):
        text = line.strip()
        if text == BEGIN:
            if begin is not None:
                raise CourseProblem(f"{file}:{number}: {BEGIN!r} inside the region of line {begin}")
            begin = number
        elif text == END:
            if begin is None:
                raise CourseProblem(f"{file}:{number}: {END!r} without a {BEGIN!r} before it")
            regions.append(_region(source, file, begin, number, functions))
            begin = None
        elif _NEAR.search(line):
            raise CourseProblem(
                f"{file}:{number}: {text!r} is nearly a marker; spell it {BEGIN!r} or {END!r}, "
                "alone on its line, or the solution may be handed out"
            )
    if begin is not None:
        raise CourseProblem(f"{file}:{begin}: {BEGIN!r} without an {END!r} after it")
    return regions


def _region(
    source: str, file: str, first: int, last: int, functions: list[tuple[str, int, int]]
) -> Region:
    if last == first + 1:
        raise CourseProblem(f"{file}:{first}: an empty region: write the solution into it")
    line = source.splitlines()[first - 1]
    # Innermost last: the functions come in the order of their lines.
    inside = [name for name, start, end in functions if start <= first and last <= end]
    return Region(first, last, line[: len(line) - len(line.lstrip())], inside[-1] if inside else "")


def _functions(source: str, file: str) -> list[tuple[str, int, int]]:
    """(name, first line, last line) of functions and methods; a nested one counts as its outer."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise CourseProblem(
            f"{file}:{error.lineno}: {error.msg}: the solution is no Python"
        ) from None
    found: list[tuple[str, int, int]] = []

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef):
                # The last region line may be a comment after the last statement of the body.
                found.append((prefix + node.name, node.lineno, node.end_lineno or node.lineno))
            elif isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}.")

    visit(tree.body, "")
    return _until_next(found, source)


def _until_next(found: list[tuple[str, int, int]], source: str) -> list[tuple[str, int, int]]:
    """Let each function reach over the indented comments that follow its last statement."""
    lines = source.splitlines()
    reached = []
    for name, start, end in found:
        indent = len(lines[start - 1]) - len(lines[start - 1].lstrip())
        while end < len(lines):
            line = lines[end]
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                break
            end += 1
        reached.append((name, start, end))
    return reached
