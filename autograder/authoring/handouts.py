"""Do a component's handouts say the same in both languages, and in the glossary's words?

`NAME.md` and `NAME.ru.md` are written by hand, so they drift: a number is mended in one, a
paragraph added to the other. What does not depend on the language is compared: the headings'
levels, the marks for the notebook, formulas, blocks of code, tables and list items in their order;
and in each section the inline formulas, the names in backquotes and the numbers, in any order,
since a sentence may be turned round.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import Literal

Kind = Literal["heading", "mark", "formula", "block of code", "table", "list item", "end"]

GLOSSARY_COLUMNS = ("English", "Русский", "symbol, shape", "meaning", "значение")
_COPIED = 6  # Latin words of a paragraph that is the same in both files

_LANDMARK = re.compile(
    r"^```(?P<code>.*?)^```"
    r"|\$\$(?P<formula>.*?)\$\$"
    r"|<!--(?P<mark>.*?)-->"
    r"|^(?P<heading>#+)(?= )"
    r"|(?P<table>(?:^\|[^\n]*\n?)+)"
    r"|^ *(?P<item>[-*]|\d+\.)(?= )",
    re.M | re.S,
)
_CODE_SPAN = re.compile(r"`([^`]+)`")
_INLINE = re.compile(r"(?<!\\)\$([^$]+)\$")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
# 61,706 in English; a no-break space, or a narrow one, in Russian.
_THOUSANDS = re.compile(r"(?<=\d)(?:,|\u00a0|\u202f)(?=\d{3}(?!\d))")
_COMMENT = re.compile(r"[ \t]*#.*$", re.M)
_ENDINGS = re.compile(r"[аеёийоуыэюяь]+$")


@dataclass(frozen=True)
class _Landmark:
    """Something that both languages must have at the same place."""

    kind: Kind
    what: str  # as it is compared
    line: int

    def __str__(self) -> str:
        if self.kind == "end":
            return "nothing more"
        return f"a {self.kind} ({_short(self.what)})" if self.what else f"a {self.kind}"


@dataclass
class _Section:
    """What stands between two headings, counted."""

    line: int
    heading: str
    formulas: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)


def compare(english: str, russian: str, names: tuple[str, str]) -> list[str]:
    """What the second handout has otherwise than the first; nothing where they agree.

    Parameters
    ----------
    english, russian : str
        The texts of the two files.
    names : (str, str)
        What to call them.
    """
    here, there = names
    for one, other in zip_longest(_landmarks(english), _landmarks(russian)):
        one = one or _Landmark("end", "", english.count("\n") + 1)
        other = other or _Landmark("end", "", russian.count("\n") + 1)
        if (one.kind, one.what) != (other.kind, other.what):
            # What comes after would be off by one, and each a difference of its own.
            return [f"{there}:{other.line}: {other} where {here}:{one.line} has {one}"]
    faults = []
    for first, second in zip(_sections(english), _sections(russian), strict=True):
        kinds = (
            ("the formula", "$", first.formulas, second.formulas),
            ("the name", "`", first.names, second.names),
            ("the number", "", first.numbers, second.numbers),
        )
        for kind, quote, ours, theirs in kinds:
            for missing, where, lacks in (
                (ours - theirs, f"{there}:{second.line}", f"{here}:{first.line}"),
                (theirs - ours, f"{here}:{first.line}", f"{there}:{second.line}"),
            ):
                faults += [
                    f"{where}: this section lacks {kind} {quote}{_short(what)}{quote} that is in "
                    f"{lacks}"
                    for what in sorted(missing)
                ]
    return faults + _left_in_english(english, russian, there)


def check_glossary(glossary: str, english: Iterable[str], russian: Iterable[str]) -> list[str]:
    """What is wrong with the glossary: its rows, their order, and words that no handout uses."""
    rows = [
        (number, [cell.strip() for cell in line.strip().strip("|").split("|")])
        for number, line in enumerate(glossary.splitlines(), start=1)
        if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line)
    ]
    if not rows or tuple(rows[0][1]) != GLOSSARY_COLUMNS:
        return [f"its table must begin with the columns {' | '.join(GLOSSARY_COLUMNS)}"]
    faults = []
    texts = [" ".join("\n".join(t).casefold().split()) for t in (english, russian)]
    rows = rows[1:]
    for number, cells in rows:
        if len(cells) != len(GLOSSARY_COLUMNS) or not all(cells):
            faults.append(f"line {number}: a row has {len(GLOSSARY_COLUMNS)} cells, none empty")
            continue
        for term, text, language in zip(cells[:2], texts, ("English", "Russian"), strict=True):
            if not re.search(_pattern(term), text):
                faults.append(f"line {number}: no {language} handout uses {_bare(term)!r}")
    for (_, before), (number, cells) in pairwise(rows):
        if before[0].casefold() >= cells[0].casefold():
            faults.append(f"line {number}: {cells[0]!r} must stand before {before[0]!r}")
    return faults


def _landmarks(text: str) -> Iterator[_Landmark]:
    for match in _LANDMARK.finditer(text):
        kind, found = match.lastgroup or "", match[match.lastgroup or 0]
        line = text.count("\n", 0, match.start()) + 1
        if kind == "code":
            yield _Landmark("block of code", _COMMENT.sub("", found).rstrip(), line)
        elif kind == "formula":
            yield _Landmark("formula", _formula(found), line)
        elif kind == "mark":
            yield _Landmark("mark", " ".join(found.split()), line)
        elif kind == "heading":
            yield _Landmark("heading", f"level {len(found)}", line)
        elif kind == "table":
            rows = found.strip().splitlines()
            columns = "/".join(sorted({str(_bars(row)) for row in rows}))
            yield _Landmark("table", f"{len(rows)} lines of {columns} columns", line)
        else:
            yield _Landmark("list item", "", line)


def _bars(row: str) -> int:
    return _INLINE.sub("", row).strip().strip("|").count("|") + 1


def _sections(text: str) -> list[_Section]:
    """The sections of a handout, with what they hold besides landmarks."""
    text = _only_prose(text)
    starts = [m.start() for m in re.finditer(r"^#+ ", text, re.M)]
    sections = []
    for start, stop in zip([0, *starts], [*starts, len(text)], strict=True):
        part = text[start:stop]
        section = _Section(text.count("\n", 0, start) + 1, part.partition("\n")[0])
        names = [" ".join(m[1].split()) for m in _CODE_SPAN.finditer(part)]
        section.names.update(set(names))  # a pronoun may stand for a name, so not how often
        part = _CODE_SPAN.sub(" ", part)
        section.formulas.update(_formula(m[1]) for m in _INLINE.finditer(part))
        part = _THOUSANDS.sub("", _INLINE.sub(" ", part))
        section.numbers.update(m[0] for m in _NUMBER.finditer(part))
        sections.append(section)
    return sections


def _only_prose(text: str) -> str:
    """The text without blocks of code, formulas on their own and marks; its lines stay lines."""
    outside = r"^```.*?^```|\$\$.*?\$\$|<!--.*?-->"
    return re.sub(outside, lambda m: "\n" * m[0].count("\n"), text, flags=re.M | re.S)


def _formula(text: str) -> str:
    """A formula without what may differ: words, spaces, its sentence's punctuation, 1{,}000."""
    text = re.sub(r"\\text\{[^{}]*\}", r"\\text{}", text)
    text = re.sub(r"(?<=\d)(?:\{,\}|\\,)(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"\s+", "", text)
    return re.sub(r"(?:[.,;:]|\\[ ,;])+$", "", text)


def _left_in_english(english: str, russian: str, there: str) -> list[str]:
    """Paragraphs that nobody has translated; a title in a reading list is no paragraph."""
    english, russian = (_only_prose(text) for text in (english, russian))
    known = {p.strip() for p in english.split("\n\n")}
    faults = []
    for match in re.finditer(r"\S(?:.|\n(?!\n))*", russian):
        paragraph = match[0].strip()
        if paragraph.startswith(("|", "- ")) or paragraph not in known:
            continue
        prose = _INLINE.sub(" ", _CODE_SPAN.sub(" ", paragraph))
        if len(re.findall(r"[A-Za-z]{2,}", prose)) >= _COPIED:
            line = russian.count("\n", 0, match.start()) + 1
            faults.append(f"{there}:{line}: this paragraph is still in English")
    return faults


def _bare(term: str) -> str:
    """A term without its explanation in brackets."""
    return re.sub(r"\s*\(.*?\)", "", term).casefold()


def _pattern(term: str) -> str:
    """The term with any endings, which Russian has many of."""
    stems = (re.escape(_ENDINGS.sub("", word) or word) for word in _bare(term).split())
    return r"\b" + r"\w*\s+".join(stems)


def _short(text: str, most: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
