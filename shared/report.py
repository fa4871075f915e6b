"""What a student reads on the terminal: one failure, and the table at the end."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, get_args

from shared.catalogue import load
from shared.messages import Message, message, render, with_titles
from shared.release import Release
from shared.sentences import ENGLISH
from shared.verdicts import Outcome, TestInfo, Verdict

LEAST = 20  # columns that a folded text has, however narrow the terminal is
COLOURS = {"passed": "green", "failed": "red", "error": "red", "skipped": "yellow"}


class Screen(Protocol):
    """What the table is written to: pytest's terminal, or a notebook's cell."""

    def ensure_newline(self) -> None: ...

    def section(self, title: str, sep: str = "=", **markup: bool) -> None: ...

    def write(self, content: str, **markup: bool) -> None: ...

    def write_line(self, line: str, **markup: bool) -> None: ...


class CellScreen:
    """A cell of a notebook, which shows colours where they stand as codes in the text."""

    CODES: Mapping[str, str] = {"green": "32", "red": "31", "yellow": "33", "bold": "1"}

    def ensure_newline(self) -> None:
        pass

    def section(self, title: str, sep: str = "-", **markup: bool) -> None:
        self.write_line(title, bold=True)

    def write(self, content: str, **markup: bool) -> None:
        codes = ";".join(self.CODES[name] for name, on in markup.items() if on)
        print(f"\x1b[{codes}m{content}\x1b[0m" if codes else content, end="")

    def write_line(self, line: str, **markup: bool) -> None:
        self.write(line, **markup)
        print()


def fold(text: str, width: int, indent: str = "", hang: str = "") -> str:
    """A line that fits into a terminal of `width` columns, broken between words; 0 keeps it whole.

    A terminal breaks a long line by itself, in the middle of a word.
    """
    if not width or len(indent) + len(text) <= width:
        return indent + text
    return textwrap.fill(
        text,
        max(width, len(hang) + LEAST),
        initial_indent=indent,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def failure_text(
    outcome: Outcome,
    info: TestInfo,
    again: str = "",
    lang: str = "en",
    *,
    picture: str = "",
    width: int = 0,
) -> str:
    """One failure: the property, the call, the finding, the likely mistake, the hint.

    `again` is the command that runs the test alone, kept in one line to be copied; `picture` is the
    file with a picture of it, `width` that of the terminal.
    """
    words = load(lang)
    worth = render(message("worth", earned="0", points=_number(info.points)), lang)
    lines = [fold(f"{words.text(info.title)}  ({worth})", width), ""]

    def say(text: str) -> str:
        return fold(text, width, "  ", "    ")

    if outcome.call:
        lines.append(say(f"{words.sentence('heading-call')}: {outcome.call}"))
    # A traceback ends with the exception's own text: once is enough.
    told = "raised-text" if outcome.traceback else ""
    lines += [say(render(m, lang)) for m in outcome.messages if m.id != told]
    if outcome.traceback:
        lines += ["", *(f"  {line}" for line in outcome.traceback.rstrip().splitlines()), ""]
    lines.append(say(f"{words.sentence('heading-hint')}: {words.text(info.hint)}"))
    if picture:
        lines.append(f"  {words.sentence('heading-picture')}: {picture}")
    if again:
        lines.append(f"  {words.sentence('heading-again')}: {again}")
    return "\n".join(lines)


def write_table(
    terminal: Screen,
    outcomes: Sequence[Outcome],
    infos: Mapping[tuple[str, str], TestInfo],
    release: Release | None,
    function: str = "",
    lang: str = "en",
    columns: int = 0,
) -> None:
    """The closing table: a line for each test, the points, and what runs only at grading.

    With a `function` the table is of its tests alone, and says nothing of the whole. `columns`
    is the width of the terminal.
    """
    words = load(lang)
    verdicts = {v: words.sentence(f"verdict-{v}") for v in get_args(Verdict)}
    width = max(8, *map(len, verdicts.values()))
    for component in dict.fromkeys(o.component for o in outcomes):
        mine = [o for o in outcomes if o.component == component]
        about = release.components.get(component, {}) if release and not function else {}
        titles = {test: i.title for (name, test), i in infos.items() if name == component}
        terminal.ensure_newline()
        if not function:
            terminal.section(words.text(about.get("title", component)), sep="-")
        for outcome in mine:
            points = f"{_number(outcome.points)}/{_number(outcome.max_points)}"
            word = f"{verdicts[outcome.verdict]:<{width}}"
            terminal.write(word, **{COLOURS.get(outcome.verdict, "red"): True})
            title = words.text(titles[outcome.test])
            row = f"{title}{_note(outcome, titles, lang)}"
            before = f"{word} {points:>9}  "
            folded = fold(row, columns, before, " " * len(before))
            terminal.write(folded[len(word) :] + "\n")
        earned, most = sum(o.points for o in mine), sum(o.max_points for o in mine)
        total = f"{_number(earned)}/{_number(most)}"
        heading = message("table-part", function=function) if function else message("table-total")
        terminal.write_line(f"{render(heading, lang)}: {total}.", bold=True)
        if about.get("hidden_tests"):
            if all(o.verdict == "passed" for o in mine):
                terminal.write_line(words.sentence("table-all-passed"))
            terminal.write_line(render(hidden_tests(about), lang))


def hidden_tests(about: Mapping[str, Any]) -> Message:
    """How many tests of a component run only at grading; `about` is what the release says of it."""
    points = _number(about["hidden_points"])
    return message("table-hidden", tests=about["hidden_tests"], points=points)


def _note(outcome: Outcome, titles: Mapping[str, str], lang: str) -> str:
    """What the table adds to a line: why it was skipped or is not finished, and flags."""
    notes = [m for m in (*outcome.messages, *outcome.flags) if f"note-{m.id}" in ENGLISH]
    return "".join(f"  ({render(_short(m, titles), lang)})" for m in notes)


def _short(note: Message, titles: Mapping[str, str]) -> Message:
    return Message(f"note-{note.id}", with_titles(note, titles).values)


def _number(value: float) -> str:
    return f"{value:g}"
