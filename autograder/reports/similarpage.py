"""The page of `similar`: each pair with both sides, function beside function, the alike marked."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course
from autograder.files import write_whole
from autograder.intake.submissions import Handed, functions_of, read_submission
from autograder.reports.pages import render_page
from autograder.reports.similarity import Alike, Findings, Pair
from autograder.reports.winnowing import fingerprints

MOST = 40  # pairs that are shown with both sides
FOLD = 4  # lines that are not alike, in a row, before they are folded away
CONTEXT = 1
LONGEST = 300  # characters of a line
LINES = 300  # of a function
# They would show a line in another order than Python reads it.
_TURNING = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\N{REPLACEMENT CHARACTER}"
)


@dataclass(frozen=True)
class Line:
    """A line of a side; without a number it says how many lines are folded away."""

    number: int
    text: str
    marked: bool = False


@dataclass(frozen=True)
class Row:
    """A function of each side."""

    names: tuple[str, str]
    sides: tuple[tuple[Line, ...], tuple[Line, ...]]


@dataclass(frozen=True)
class Shown:
    """A component of a pair with both sides."""

    title: str
    alike: Alike
    files: tuple[str, str]
    rows: tuple[Row, ...]


def write_similar_page(
    out: Path, course: Course, findings: Findings, *, common: float, share: float, most: int = MOST
) -> None:
    """Write the page whole."""
    write_whole(out, similar_page(course, findings, common=common, share=share, most=most))


def similar_page(
    course: Course, findings: Findings, *, common: float, share: float, most: int = MOST
) -> str:
    """The page as text."""
    shown = [(pair, list(_shown(course, findings, pair))) for pair in findings.pairs[:most]]
    return render_page(
        "similar.html",
        course=course,
        findings=findings,
        shown=shown,
        groups=groups(findings.pairs),
        titles={c.name: c.title for c in course.components},
        common=common,
        share=share,
    )


def groups(pairs: Sequence[Pair]) -> list[tuple[str, list[str]]]:
    """Component and submissions that hang together in it, more than two; the largest first."""
    of: dict[str, dict[str, set[str]]] = {}
    for pair in pairs:
        for alike in pair.alike:
            held = of.setdefault(alike.component, {})
            joined = held.get(pair.first, {pair.first}) | held.get(pair.second, {pair.second})
            held.update(dict.fromkeys(joined, joined))
    found = {
        (component, *sorted(group))
        for component, held in of.items()
        for group in held.values()
        if len(group) > 2
    }
    return [
        (component, members)
        for component, *members in sorted(found, key=lambda group: (-len(group), group))
    ]


def _shown(course: Course, findings: Findings, pair: Pair) -> Iterator[Shown]:
    functions = functions_of(course)
    handed = [
        read_submission(who, findings.paths[who], functions) for who in (pair.first, pair.second)
    ]
    for alike in pair.alike:
        target = f"nn/{alike.component}.py"
        sources = [h.files[target] for h in handed]
        yield Shown(
            course.component(alike.component).title,
            alike,
            (_file(handed[0], target), _file(handed[1], target)),
            tuple(_rows(sources[0], sources[1], findings.left_out[alike.component])),
        )


def _file(handed: Handed, target: str) -> str:
    return handed.origins[target].file if target in handed.origins else target


def _rows(first: str, second: str, left_out: frozenset[int]) -> Iterator[Row]:
    """The functions that hold something alike, each beside the one that it shares most with."""
    prints = [fingerprints(first), fingerprints(second)]
    both = {*prints[0].hashes.tolist()} & {*prints[1].hashes.tolist()} - left_out
    parts = [_parts(first), _parts(second)]
    marked: list[set[int]] = [set(), set()]
    # fingerprint -> the functions that it is found in, for each side
    found: tuple[Mapping[int, set[int]], ...] = (defaultdict(set), defaultdict(set))
    for side in (0, 1):
        for number, lines in prints[side].lines(both):
            marked[side] |= lines
            found[side][number].add(_part_of(parts[side], min(lines)))
    shared = Counter(
        (one, other) for number in both for one in found[0][number] for other in found[1][number]
    )
    texts = [first.split("\n"), second.split("\n")]
    taken: tuple[set[int], set[int]] = (set(), set())
    # The strongest first, until each function with something alike has been shown.
    chosen = []
    for (one, other), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        if one not in taken[0] or other not in taken[1]:
            taken[0].add(one)
            taken[1].add(other)
            chosen.append((one, other))
    for one, other in sorted(chosen):
        names = parts[0][one][0], parts[1][other][0]
        left = tuple(_lines(texts[0], parts[0][one], marked[0]))
        yield Row(names, (left, tuple(_lines(texts[1], parts[1][other], marked[1]))))


def _parts(source: str) -> list[tuple[str, int, int]]:
    """Name, first and last line of each function and method, and of what stands between."""
    parts: list[tuple[str, int, int]] = []

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            decorators = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(d.lineno for d in decorators)])
            last = node.end_lineno or node.lineno
            if isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                parts.append((prefix + node.name, first, last))
            else:
                parts.append((prefix.rstrip("."), first, last))

    visit(ast.parse(source).body, "")
    return parts or [("", 1, 1)]


def _part_of(parts: Sequence[tuple[str, int, int]], line: int) -> int:
    inside = [i for i, (_, first, last) in enumerate(parts) if first <= line <= last]
    return inside[-1] if inside else 0


def _lines(text: Sequence[str], part: tuple[str, int, int], marked: set[int]) -> Iterator[Line]:
    """The lines of a function; what is not alike is folded away where it is long."""
    _, first, last = part
    numbers = range(first, last + 1)[:LINES]
    # A line that closes a bracket has no node of its own.
    marks = {n for n in numbers if n in marked or {n - 1, n + 1} <= marked}
    run: list[int] = []
    for number in [*numbers, 0]:
        if number and number not in marks and number != first:
            run.append(number)
            continue
        keep = CONTEXT if len(run) > FOLD else len(run)
        for n in run[:keep]:
            yield Line(n, _clean(text[n - 1]))
        if len(run) > FOLD:
            after = 0 if not number else CONTEXT
            yield Line(0, f"{len(run) - keep - after} lines")
            for n in run[len(run) - after :]:
                yield Line(n, _clean(text[n - 1]))
        run = []
        if number:
            yield Line(number, _clean(text[number - 1]), number in marks)
    if last - first >= LINES:
        yield Line(0, f"{last - first + 1 - LINES} lines")


def _clean(line: str) -> str:
    return line[:LONGEST].translate(_TURNING)
