"""The translations: complete and current, and `verify` says so when they are not."""

from __future__ import annotations

import gettext
import re

import pytest
from babel.messages.pofile import read_po

from autograder.authoring.extraction import templates
from autograder.authoring.translations import compile_mo, compiled, problems, read, source, update
from autograder.course import ROOT, load_course
from autograder.running.suite import collect, files_of
from autograder.wording import words
from shared.catalogue import load

COURSE = load_course()
CYRILLIC = re.compile("[а-яё]", re.I)


@pytest.fixture(scope="module")
def infos():
    return collect(files_of(COURSE.components))


def test_nothing_is_missing_and_nothing_is_left_over():
    assert list(problems(COURSE)) == []
    for domain in ("student", "staff"):
        for message in read(source(COURSE, "ru", domain), "ru"):
            texts = message.id if isinstance(message.id, tuple) else (message.id,)
            assert not any(CYRILLIC.search(text) for text in texts), message.id


def test_every_title_and_hint_that_pytest_collects_is_extracted(infos):
    found = templates(COURSE)
    local = {m.id for m in found["student"] if m.id and m.context is None}
    hidden = {m.id for m in found["staff"] if m.id and m.context is None}
    assert {i.title for i in infos} | {i.hint for i in infos} <= local | hidden
    assert {i.title for i in infos if not i.hidden} <= local


def test_students_get_nothing_of_hidden_tests(infos):
    path = compiled(COURSE, "ru", "student")
    with path.open("rb") as file:
        shipped = set(gettext.GNUTranslations(file)._catalog)
    local = {text for i in infos if not i.hidden for text in (i.title, i.hint)}
    hidden = {text for i in infos if i.hidden for text in (i.title, i.hint)} - local
    assert len(hidden) > 100
    assert not hidden & shipped
    some = next(iter(hidden))
    assert load("ru").text(some) == some
    assert CYRILLIC.search(words("ru").text(some))


def test_what_is_compiled_depends_on_the_translations_alone():
    for domain in ("student", "staff"):
        catalog = read(source(COURSE, "ru", domain), "ru")
        once = compile_mo(catalog)
        assert once == compile_mo(catalog) == compiled(COURSE, "ru", domain).read_bytes()
        assert b"Date" not in once
        assert b"Generated-By" not in once


@pytest.fixture
def course(spoilable):
    return load_course(spoilable)


def said(course):
    return "\n".join(problems(course))


def replace(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_each_way_to_be_wrong_is_told(course):
    po = source(course, "ru", "student")
    whole = po.read_text("utf-8")
    spoilt = {
        "'passed': not translated": ('msgstr "пройден"', 'msgstr ""'),
        "marked as fuzzy": ('msgctxt "verdict-passed"', '#, fuzzy\nmsgctxt "verdict-passed"'),
        "text and translation differ in {file}": ("{file} не закончен", "не закончен"),
        "the translation has lost `return`": ("оператором `return`", "оператором"),
        "the translation has lost mse_loss": ("mse_loss: разобранный", "потери: разобранный"),
        "stands in no source any more": ('msgctxt "verdict-passed"', 'msgctxt "verdict-gone"'),
        "no entry for 'passed'": ('msgctxt "verdict-passed"', 'msgctxt "verdict-gone"'),
        "it is no file of translations": ('msgctxt "verdict-passed"', "<<<<<<< HEAD\n"),
    }
    for told, (old, new) in spoilt.items():
        replace(po, old, new)
        assert told in said(course), told
        po.write_text(whole, "utf-8")
    replace(po, 'msgstr "пройден"', 'msgstr "сдан"')
    assert "student.mo is not what" in said(course)
    assert compiled(course, "ru", "student") in update(course)
    assert said(course) == ""
    assert update(course) == []


def test_a_new_sentence_waits_for_its_translation(course):
    sentences = course.root / "shared" / "sentences.py"
    replace(sentences, '"verdict-passed": "passed",', '"verdict-passed": "it holds", "x": "{n}",')
    assert "no entry for 'it holds'" in said(course)
    update(course)
    assert "'it holds': not translated" in said(course)
    assert "'{n}': not translated" in said(course)
    with source(course, "ru", "student").open("rb") as file:
        catalog = read_po(file, locale="ru")
    assert catalog.get("passed", "verdict-passed") is None
    assert catalog.get("failed", "verdict-failed").string == "не пройден"


def test_phrases_of_tests_are_found_wherever_they_are_put_together(course):
    tests = course.component("pool").local_tests
    with tests.open("a", encoding="utf-8") as file:
        file.write(
            "\n\ndef helper(kind, i):\n"
            '    """A docstring of several words."""\n'
            '    assert kind, "a text of an assertion"\n'
            '    return "one word", f"{kind} of number {i + 1} and {kind}", "plain", "a b"\n'
        )
    found = {m.id for m in templates(course)["student"] if m.context == "what"}
    assert {"one word", "{kind} of number {n2} and {n4}", "a b"} <= found
    assert not {"plain", "A docstring of several words.", "a text of an assertion"} & found


def test_the_bash_that_answers_for_us_on_gradescope_speaks_both():
    text = (ROOT / "autograder/channels/gradescope/run_autograder").read_text("utf-8")
    assert "баллы не сняты" in text
    assert "no points were taken" in text
