"""The translations: catalogues of gettext, read with the standard library.

Four kinds of text are looked up: sentences by their message id, titles and hints by themselves,
names of axes, and phrases, which say what a value is: ``what="y of a batch of one"``. A phrase may
be a pattern: ``f"dw of layer {i}"`` stands as ``dw of layer {i}``, and is found again by what was
put into it, so that a result holds plain text and can still be shown in either language.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path

from shared.language import LANGUAGES
from shared.sentences import ENGLISH, ONE

FOLDER = Path(__file__).parent / "locale"
DOMAIN = "student"  # what students get; the staff have another for hidden tests

# Contexts of gettext; a sentence's is its message id, titles and hints have none.
PHRASE, AXIS = "what", "axis"
FIELD = re.compile(r"\{(\w+)\}")
_SEPARATOR = "\x04"  # of a context and its text, in a catalogue
_DEEP = 4  # patterns within each other


class Catalogue:
    """The texts of one language; whatever it does not have stays English."""

    def __init__(self, lang: str, parts: Sequence[gettext.NullTranslations]) -> None:
        self.lang = lang
        self._parts = parts
        for part, following in zip(parts, parts[1:]):  # noqa: B905, RUF007 - for old Pythons
            part.add_fallback(following)
        self._first = parts[0] if parts else gettext.NullTranslations()

    def sentence(self, id: str, number: object = None) -> str:
        """The sentence of a message, with its values' names in braces.

        `number` is what it counts, where it has another form for one.
        """
        if id not in ONE:
            return self._first.pgettext(id, ENGLISH[id])
        return self._first.npgettext(id, ONE[id][1], ENGLISH[id], _countable(number))

    def text(self, text: str) -> str:
        """A title or a hint; the case of a parametrised test stays as it is."""
        found = self._first.gettext(text) if text else text
        if found == text and text.endswith("]") and " [" in text:
            title, _, case = text.rpartition(" [")
            return f"{self._first.gettext(title)} [{case}"
        return found

    def axis(self, name: str) -> str:
        """The name of an axis."""
        return self._first.pgettext(AXIS, name)

    def phrase(self, text: str, depth: int = 0) -> str:
        """What says what a value is, with what was put into it."""
        found = self._first.pgettext(PHRASE, text)
        if found != text or depth > _DEEP:
            return found
        for pattern, translated in self._patterns:
            match = pattern.fullmatch(text)
            if match:
                inside = {n: self.phrase(t, depth + 1) for n, t in match.groupdict().items()}
                return fill(translated, inside)
        return self.axis(text) if depth else text

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """The phrases with something put in, those with the most text of their own first."""
        found: dict[str, str] = {}
        for part in self._parts:
            # gettext has no way to list a catalogue.
            for key, translated in getattr(part, "_catalog", {}).items():
                if isinstance(key, str) and key.startswith(PHRASE + _SEPARATOR) and "{" in key:
                    found[key.partition(_SEPARATOR)[2]] = translated
        order = sorted(found, key=lambda text: (-len(FIELD.sub("", text)), text))
        return [(_pattern(text), found[text]) for text in order]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its names in braces replaced by their values."""
    return FIELD.sub(lambda field: values[field[1]], text)


def load(lang: str, places: Iterable[tuple[str, Path]] = ((DOMAIN, FOLDER),)) -> Catalogue:
    """The catalogue of a language.

    Parameters
    ----------
    lang : str
    places : iterable of (str, Path)
        Domains and the folders that hold them, the first one asked first.

    Raises
    ------
    KeyError
        When there is no such language.
    """
    return _load(lang, tuple(places))


@cache
def _load(lang: str, places: tuple[tuple[str, Path], ...]) -> Catalogue:
    if lang not in LANGUAGES:
        raise KeyError(f"no language {lang!r}; there are {', '.join(LANGUAGES)}")
    # Not gettext.translation: it remembers what it read, and parts must not be chained twice.
    files = [path / lang / "LC_MESSAGES" / f"{domain}.mo" for domain, path in places]
    parts = []
    for file in files:
        if file.exists():
            with file.open("rb") as opened:
                parts.append(gettext.GNUTranslations(opened))
    return Catalogue(lang, parts)


def _pattern(text: str) -> re.Pattern[str]:
    parts = FIELD.split(text)
    # Literal text and names of fields take turns.
    return re.compile(
        "".join(f"(?P<{p}>.+?)" if i % 2 else re.escape(p) for i, p in enumerate(parts))
    )


def _countable(number: object) -> int:
    """What decides on the form: a part of one counts as two do."""
    if isinstance(number, str):
        try:
            number = float(number)
        except ValueError:
            return 2
    if isinstance(number, (int, float)) and float(number).is_integer():
        return abs(int(number))
    return 2
