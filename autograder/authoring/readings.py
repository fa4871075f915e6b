"""What a student would read for each wrong solution, and whether it names the mistake.

Whether a sentence names a mistake is for a person to say: `says` of a mutant are the words, of a
title, a finding or a hint, that name the mistake or the property which it breaks, or the id of a
message that does; here it is only looked whether they are read. `looks` are the guesses that hold
of it: any other guess is a wrong one.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.authoring.variants import Variant
from shared.messages import render, with_titles
from shared.sentences import ENGLISH
from shared.verdicts import Outcome, TestInfo

GUESS = "looks-"
HIDDEN = "-hidden"
SHARE = 0.9  # of the wrong solutions, whose mistake or its property is to be named
WIDTH = 100


@dataclass(frozen=True)
class Reading:
    """What is read of one wrong solution, by the test that says most of it."""

    mutant: str
    about: str
    title: str
    sentences: tuple[str, ...]
    hint: str
    named: str  # "mistake": a finding names it; "property": a title or a hint does; or nothing
    wrong: tuple[str, ...]  # guesses that do not hold

    def to_json(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "title": self.title,
            "sentences": list(self.sentences),
            "hint": self.hint,
            "named": self.named,
            "wrong": list(self.wrong),
        }


def read(variant: Variant, outcomes: Sequence[Outcome], infos: Sequence[TestInfo]) -> Reading:
    """Read what the failed tests say, as a student does: first to last."""
    about = {info.test: info for info in infos}
    titles = {info.test: info.title for info in infos}
    failed = [o for o in outcomes if o.verdict in ("failed", "error")]
    found = [_named(variant.says, o, about[o.test], titles) for o in failed]
    best = next(
        (i for kind in ("mistake", "property") for i, f in enumerate(found) if f == kind), 0
    )
    if not failed:
        return Reading(variant.name, variant.about, "", (), "", "", ())
    shown = failed[best]
    guesses = {_plain(m.id) for o in failed for m in o.messages if m.id.startswith(GUESS)}
    return Reading(
        mutant=variant.name,
        about=variant.about,
        title=about[shown.test].title,
        sentences=_sentences(shown, titles),
        hint=about[shown.test].hint,
        named=found[best],
        wrong=tuple(sorted(guesses - {*variant.looks, variant.says})),
    )


def _named(says: str, outcome: Outcome, info: TestInfo, titles: Mapping[str, str]) -> str:
    if not says:
        return ""
    if says in ENGLISH:
        return "mistake" if says in {_plain(m.id) for m in outcome.messages} else ""
    if says.lower() in " ".join(_sentences(outcome, titles)).lower():
        return "mistake"
    return "property" if says.lower() in f"{info.title} {info.hint}".lower() else ""


def _sentences(outcome: Outcome, titles: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(render(with_titles(m, titles)) for m in outcome.messages)


def _plain(id: str) -> str:
    return id.removesuffix(HIDDEN)


def enough(readings: Sequence[Reading]) -> bool:
    """Whether no guess is wrong, and as many mistakes are named as are to be."""
    named = sum(bool(r.named) for r in readings)
    return named >= SHARE * len(readings) and not any(r.wrong for r in readings)


def table(readings: Mapping[str, Sequence[Reading]]) -> str:
    """What is read for each mutant, how much of it is named by component, and what is not."""
    lines: list[str] = []
    for name, mine in readings.items():
        lines += [f"# {name}", ""]
        for reading in mine:
            lines += [*_row(reading), ""]
    lines.append(f"{'component':<14} {'wrong':>5} {'mistake':>8} {'property':>8} {'misled':>6}")
    every = [r for mine in readings.values() for r in mine]
    for name, mine in (*readings.items(), ("all", every)):
        kinds = [r.named for r in mine]
        misled = sum(bool(r.wrong) for r in mine)
        lines.append(
            f"{name:<14} {len(mine):>5} {kinds.count('mistake'):>8} {kinds.count('property'):>8} "
            f"{misled:>6}"
        )
    named = sum(bool(r.named) for r in every)
    lines.append(f"named: {named} of {len(every)}, {named / max(1, len(every)):.1%}")
    for name, mine in readings.items():
        lines += [f"not named: {name}: {r.mutant}: {r.about}" for r in mine if not r.named]
        lines += [f"MISLED: {name}: {r.mutant}: {', '.join(r.wrong)}" for r in mine if r.wrong]
    return "\n".join(lines)


def _row(reading: Reading) -> list[str]:
    head = f"{reading.mutant}  [{reading.named or 'not named'}]  {reading.about}"
    text = [reading.title, *reading.sentences, f"hint: {reading.hint}"]
    return [head, *(line for t in text for line in textwrap.wrap(t, WIDTH - 4, **_INDENT))]


_INDENT: Any = {"initial_indent": "    ", "subsequent_indent": "      "}
