"""What a student reads on the terminal: one failure, and the table at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shared.messages import Message, message, render
from shared.release import Release
from shared.verdicts import Outcome, TestInfo

if TYPE_CHECKING:
    import pytest

COLOURS = {"passed": "green", "failed": "red", "error": "red", "skipped": "yellow"}


def failure_text(outcome: Outcome, info: TestInfo, again: str) -> str:
    """One failure: the property, the call, the finding, the likely mistake, the hint."""
    lines = [f"{info.title}  ({_number(info.points)} {_word('table-points')})", ""]
    if outcome.call:
        lines.append(f"  {_word('heading-call')}: {outcome.call}")
    lines += [f"  {render(m)}" for m in outcome.messages]
    if outcome.traceback:
        lines += ["", *(f"  {line}" for line in outcome.traceback.rstrip().splitlines()), ""]
    lines.append(f"  {_word('heading-hint')}: {info.hint}")
    lines.append(f"  {_word('heading-again')}: {again}")
    return "\n".join(lines)


def write_table(
    terminal: pytest.TerminalReporter,
    outcomes: Sequence[Outcome],
    infos: Mapping[tuple[str, str], TestInfo],
    release: Release | None,
) -> None:
    """The closing table: a line for each test, the points, and what runs only at grading."""
    for component in dict.fromkeys(o.component for o in outcomes):
        mine = [o for o in outcomes if o.component == component]
        about = release.components[component] if release else {}
        terminal.section(about.get("title", component), sep="-")
        for outcome in mine:
            word = render(message(f"verdict-{outcome.verdict}"))
            points = f"{_number(outcome.points)}/{_number(outcome.max_points)}"
            terminal.write(f"{word:>8} ", **{COLOURS.get(outcome.verdict, "red"): True})
            terminal.write_line(
                f"{points:>5}  {infos[component, outcome.test].title}{_note(outcome)}"
            )
        earned, most = sum(o.points for o in mine), sum(o.max_points for o in mine)
        total = f"{_number(earned)}/{_number(most)}"
        terminal.write_line(f"{_word('table-total')}: {total}.", bold=True)
        if about.get("hidden_tests"):
            if all(o.verdict == "passed" for o in mine):
                terminal.write_line(_word("table-all-passed"))
            terminal.write_line(
                render(
                    message(
                        "table-hidden",
                        tests=about["hidden_tests"],
                        points=_number(about["hidden_points"]),
                    )
                )
            )


def _note(outcome: Outcome) -> str:
    """What the table adds to a line: why it was skipped or not finished, and flags."""
    notes: list[Message] = [m for m in outcome.messages if m.id in ("unfinished", "needs")]
    return "".join(f"  ({render(m).rstrip('.')})" for m in (*notes, *outcome.flags))


def _word(id: str) -> str:
    return render(message(id))


def _number(value: float) -> str:
    return f"{value:g}"
