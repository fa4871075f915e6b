"""The translations: the sources `.po`, what is compiled of them, and what is wrong with them.

`autograder/locale/LANG/DOMAIN.po` are written by hand, with the texts that Babel extracts; the
compiled `.mo` are what is read when anything runs: with the standard library, without Babel.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import PoFileError, read_po, write_po

from autograder.authoring.extraction import templates
from autograder.course import Course
from autograder.errors import CourseProblem
from autograder.files import write_changed
from autograder.wording import STAFF_DOMAIN
from shared.catalogue import DOMAIN, FIELD
from shared.language import LANGUAGES

TRANSLATED = LANGUAGES[1:]
WIDTH = 100
# A name of code, which a translation keeps: conv2d_forward, np.exp, x.T.
_CODE = re.compile(r"[A-Za-z]\w*_\w+|\b\w+\.\w+\(|`[^`]+`")
_LONG_AGO = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
HEADER = """\
# What students read in another language (docs/translations.md). After a change of a text in the
# sources, and of a translation here: python -m autograder translations"""


class _Catalog(Catalog):
    """A catalogue whose header depends on its language alone: no time, no version of Babel."""

    def _get_mime_headers(self) -> list[tuple[str, str]]:
        plural = get_plural(str(self.locale))
        return [
            ("Language", str(self.locale)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", plural.plural_forms),
        ]

    mime_headers = property(_get_mime_headers, lambda self, headers: None)


def source(course: Course, lang: str, domain: str) -> Path:
    """Where a language's translations are written."""
    return course.root / "autograder" / "locale" / lang / f"{domain}.po"


def compiled(course: Course, lang: str, domain: str) -> Path:
    """Where they are read when anything runs."""
    room = {DOMAIN: "shared", STAFF_DOMAIN: "autograder"}[domain]
    return course.root / room / "locale" / lang / "LC_MESSAGES" / f"{domain}.mo"


def update(course: Course) -> list[Path]:
    """Bring every catalogue up to date with the sources, and compile it; what was written.

    New texts are added without a translation, or with that of a similar one marked as fuzzy; texts
    that are gone are taken out.

    Raises
    ------
    CourseProblem
        When a file of translations cannot be read.
    """
    found = templates(course)
    files: dict[Path, bytes] = {}
    for lang in TRANSLATED:
        for domain, template in found.items():
            path = source(course, lang, domain)
            catalog = _updated(read(path, lang), template)
            buffer = io.BytesIO()
            write_po(buffer, catalog, width=WIDTH, ignore_obsolete=True, include_lineno=False)
            files[path] = buffer.getvalue()
            files[compiled(course, lang, domain)] = compile_mo(catalog)
    return [path for path, content in files.items() if write_changed(path, content)]


def problems(course: Course) -> Iterator[str]:
    """What is missing, unused, uncertain or inconsistent, one sentence each."""
    for domain, template in templates(course).items():
        for lang in TRANSLATED:
            path = source(course, lang, domain)
            shown = path.relative_to(course.root).as_posix()
            try:
                catalog = read(path, lang)
            except CourseProblem as problem:
                yield str(problem)
                continue
            known = {(m.context, m.id): m for m in catalog if m.id}
            wanted = {(m.context, m.id) for m in template if m.id}
            for key in sorted(wanted - known.keys(), key=str):
                yield f"{shown}: no entry for {_short(key[1])}; {_WAY_OUT}"
            for key in sorted(known.keys() - wanted, key=str):
                yield f"{shown}: {_short(key[1])} stands in no source any more; {_WAY_OUT}"
            for message in catalog:
                if message.id and (message.context, message.id) in wanted:
                    yield from (f"{shown}: {_short(message.id)}: {p}" for p in _faults(message))
            binary = compiled(course, lang, domain)
            if not binary.exists() or binary.read_bytes() != compile_mo(catalog):
                name = binary.relative_to(course.root).as_posix()
                yield f"{name} is not what {shown} compiles to; {_WAY_OUT}"


_WAY_OUT = "run `python -m autograder translations`"


def read(path: Path, lang: str) -> Catalog:
    """A file of translations; an empty catalogue where there is none yet.

    Raises
    ------
    CourseProblem
    """
    catalog = _Catalog(locale=lang, header_comment=HEADER, fuzzy=False)
    catalog.creation_date = catalog.revision_date = _LONG_AGO
    if path.exists():
        try:
            found = read_po(io.BytesIO(path.read_bytes()), locale=lang, abort_invalid=True)
        except (PoFileError, ValueError) as error:
            raise CourseProblem(f"{path}: it is no file of translations: {error}") from None
        for message in found:
            if message.id:
                catalog[message.id] = message
    return catalog


def compile_mo(catalog: Catalog) -> bytes:
    """What gettext reads: translations that are there and not fuzzy."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def _updated(catalog: Catalog, template: Catalog) -> Catalog:
    catalog.update(template, update_header_comment=False)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    return catalog


def _faults(message: Message) -> Iterator[str]:
    if not _is_whole(message):
        yield "not translated"
        return
    if message.fuzzy:
        yield "marked as fuzzy: mend the translation and take the mark away"
    for text in _parts(message.string):
        differing = _found(FIELD, message.id) ^ _found(FIELD, text)
        lost = _found(_CODE, message.id) - _found(_CODE, text)
        if differing:
            yield f"text and translation differ in {{{', '.join(sorted(differing))}}}"
            return
        if lost:
            yield f"the translation has lost {', '.join(sorted(lost))}"
            return


def _is_whole(message: Message) -> bool:
    return all(_parts(message.string))


def _found(pattern: re.Pattern[str], texts: Any) -> set[str]:
    return {found for text in _parts(texts) for found in pattern.findall(text)}


def _parts(texts: Any) -> list[str]:
    """A text, or the forms of one that counts."""
    return [texts] if isinstance(texts, str) else list(texts)


def _short(texts: Any) -> str:
    text = _parts(texts)[0]
    return repr(text if len(text) <= 70 else text[:69] + "…")
