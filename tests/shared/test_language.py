"""Which language is chosen, and what a catalogue makes of a text."""

from __future__ import annotations

import gettext
import io

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from shared import language
from shared.catalogue import Catalogue, load
from shared.language import can_show, choose, from_environment
from shared.messages import message, render

ASKED = [
    ({}, ""),
    ({"LANG": "ru_RU.UTF-8"}, "ru"),
    ({"LANG": "en_US.UTF-8"}, "en"),
    ({"LANG": "C.UTF-8"}, ""),
    ({"LANG": "de_DE.UTF-8"}, ""),
    ({"LANG": ""}, ""),
    ({"LC_ALL": "ru_RU", "LANG": "en_US"}, "ru"),
    ({"LC_ALL": "", "LANG": "en_US"}, "en"),
    ({"LC_MESSAGES": "RU", "LANG": "en_US"}, "ru"),
    ({"LANGUAGE": "de:ru:en", "LC_ALL": "en_US"}, "ru"),
]


@pytest.mark.parametrize(("environment", "lang"), ASKED, ids=[str(a[0]) for a in ASKED])
def test_the_environment_asks_for_a_language_or_for_none(environment, lang):
    assert from_environment(environment) == lang


def test_an_option_goes_before_the_notebook_the_environment_and_the_course(monkeypatch):
    for variable in language.VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(language, "_used", [])
    assert choose() == "en"
    assert choose("ru") == "ru"
    assert choose("xx") == "en"
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    assert choose("ru") == "en"
    language.use("ru")
    assert choose("en") == "ru"
    assert choose("ru", option="en") == "en"
    with pytest.raises(ValueError, match="there are en, ru"):
        language.use("fr")


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", True), ("cp1251", True), ("cp866", True), ("ascii", False), ("cp437", False)],
)
def test_a_console_may_lack_the_letters(encoding, shown):
    assert can_show("ru", encoding) is shown
    assert can_show("en", encoding)
    assert not can_show("ru", None)


COUNTED = [
    (1, "0/1 балл"),
    (2, "0/2 балла"),
    (5, "0/5 баллов"),
    (11, "0/11 баллов"),
    (21, "0/21 балл"),
    (112, "0/112 баллов"),
    ("1", "0/1 балл"),
    ("0.5", "0/0.5 балла"),
    (1.5, "0/1.5 балла"),
    ("?", "0/? балла"),
]


@pytest.mark.parametrize(("points", "shown"), COUNTED, ids=[str(c[0]) for c in COUNTED])
def test_what_is_counted_stands_in_its_form(points, shown):
    assert render(message("worth", earned=0, points=points), "ru") == shown


def test_english_counts_too():
    shown = [render(message("worth", earned=0, points=n)) for n in (0, 1, 2, "1.5")]
    assert shown == ["0/0 points", "0/1 point", "0/2 points", "0/1.5 points"]


@pytest.fixture
def words():
    catalog = Catalog(locale="ru")
    for context, text, translated in (
        ("what", "y of {name}", "y для {name}"),
        ("what", "y of {name} in float32", "y для {name} в float32"),
        ("what", "{what}, again", "{what}, снова"),
        ("what", "first {a}, then {b}", "{b} после {a}"),
        ("what", "y of nothing", "y ни от чего"),
        ("axis", "row", "строк"),
        (None, "A title", "Заголовок"),
    ):
        catalog.add(text, translated, context=context)
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    buffer.seek(0)
    return Catalogue("ru", [gettext.GNUTranslations(buffer)])


PHRASES = [
    ("y", "y"),
    ("y of nothing", "y ни от чего"),
    ("y of f", "y для f"),
    ("y of f in float32", "y для f в float32"),
    ("y of f, again", "y для f, снова"),
    ("first row, then y of f", "y для f после строк"),
    ("y of {name}", "y для {name}"),
    ("y of f\nand more", "y of f\nand more"),
    ("what nobody knows", "what nobody knows"),
    (", again" * 40, ", again" * 40),
]


@pytest.mark.parametrize(("text", "shown"), PHRASES, ids=[p[0][:20] for p in PHRASES])
def test_a_phrase_is_found_by_the_pattern_it_was_made_from(words, text, shown):
    if len(text) > 200:
        assert words.phrase(text).count(", снова") == 5  # and no deeper
    else:
        assert words.phrase(text) == shown


def test_the_case_of_a_title_stays(words):
    assert words.text("A title [float32]") == "Заголовок [float32]"
    assert words.text("Another [x]") == "Another [x]"
    assert words.text("") == ""


def test_a_language_that_there_is_not_is_an_error():
    with pytest.raises(KeyError, match="there are en, ru"):
        load("de")


def test_numbers_and_arrays_look_the_same_in_both():
    numbers = {"got": 1.5, "expected": -2e-12, "error": 1.0, "limit": 1e-9}
    made = message("values", what="dw", index=(1, 2), **numbers)
    for lang in ("en", "ru"):
        text = render(made, lang)
        for shown in ("`dw`", "(1, 2)", "1.5,", "-2e-12", "1e-09"):
            assert shown in text
