"""What a student sees in either language, with no sentence of ours in the other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.authoring.translations import read, source
from autograder.authoring.variants import read_variants
from autograder.cli import main
from autograder.course import ROOT, load_course
from autograder.records.results import read_result, read_suite
from autograder.reports.feedback import page

CYRILLIC = re.compile(r"[а-яё]{2,}", re.I)
# Words without which no English sentence gets along, where they are no name and no code.
ENGLISH = re.compile(
    r"(?<![\w./`'\"(-])(the|of|is|are|was|and|to|with|from|for|not|its|it|by|this|that|at|on|per|"
    r"after|each|every|again|where|points|hint|passed|failed|skipped|hidden|unfinished)"
    r"(?![\w./`'\"(=-])"
)
# What Python, pytest and the student's own code say.
FOREIGN = re.compile(
    r"^(\s+File \".*|    .*|={3,}.*|_{3,}.*|FAILED .*|\S*Error: .*|\S+ +\[ *\d+%\])$", re.M
)
# A summary line of pytest: "1 failed, 2 passed in 0.51s".
SUMMARY = re.compile(r"\d+ (passed|failed|skipped)|\bin \d+\.\d+s")
WRONG = {  # a wrong solution of each component, of a kind of its own
    "dropout": None,
    "init": None,
    "standardize": None,
    "weight_decay": None,
    "activations": None,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A student's folder: stubs, and wrong solutions of some components."""
    folder = tmp_path_factory.mktemp("student")
    ignore = shutil.ignore_patterns("__pycache__", "notebooks", "handouts")
    shutil.copytree(ROOT / "assignments", folder, ignore=ignore, dirs_exist_ok=True)
    shutil.copytree(ROOT / "shared", folder / "shared", ignore=ignore)
    course = load_course()
    for name in WRONG:
        component = course.component(name)
        mutants = [v.source for v in read_variants(component).wrong]
        # Several mistakes at once: the last definition of a name counts.
        text = "\n\n".join(mutants[:: max(1, len(mutants) // 6)])
        future = "from __future__ import annotations\n"
        (folder / "nn" / f"{name}.py").write_text(future + text.replace(future, ""), "utf-8")
    broken = "\n\ndef relu_forward(x):\n    return x.no_such_name, None\n"
    path = folder / "nn" / "activations.py"
    path.write_text(path.read_text("utf-8") + broken, "utf-8")
    return folder


def run(folder: Path, *options: str, **variables: str) -> str:
    environment = {
        k: v for k, v in os.environ.items() if k not in ("LANGUAGE", "PYTEST_ADDOPTS", "PYTHONPATH")
    }
    environment |= {"LANG": "C.UTF-8", "LC_ALL": "", "PYTHONUTF8": "1", "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        encoding=variables.get("PYTHONIOENCODING", "utf-8"),
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def ours(text: str) -> str:
    return SUMMARY.sub("", FOREIGN.sub("", text))


TESTS = [f"tests/test_{name}.py" for name in load_course().names]  # most of them still stubs


def test_lang_ru_has_no_english_sentence_and_lang_en_no_russian_one(folder):
    russian = run(folder, "--lang", "ru", *TESTS)
    found = {line for line in ours(russian).splitlines() if ENGLISH.search(line)}
    assert not found
    for said in ("не пройден", "подсказка:", "вызов:", "запустить только этот тест:", "Пулинг"):
        assert said in russian
    english = run(folder, "--lang", "en", *TESTS)
    assert not CYRILLIC.search(english)
    for said in ("failed ", "hint:", "called:", "run only this:", "Pooling", "not written yet"):
        assert said in english
    # The same tests, points and numbers.
    rows = re.compile(r" (\d[\d.]*/\d[\d.]*)  ")
    numbers = re.compile(r"\d+\.\d+(?:e-?\d+)?")
    assert len(rows.findall(english)) > 150
    assert rows.findall(russian) == rows.findall(english)
    assert set(numbers.findall(ours(russian))) == set(numbers.findall(ours(english)))
    # And the search for English finds it where it is.
    assert sum(bool(ENGLISH.search(line)) for line in ours(english).splitlines()) > 150


def test_the_language_is_asked_for_by_name_by_the_machine_or_by_the_course(folder):
    one = ("tests/test_pool.py", "-k", "worked")

    def speaks(*options, **variables):
        return "ru" if CYRILLIC.search(run(folder, *one, *options, **variables)) else "en"

    assert speaks() == "ru", "the course's"
    assert speaks(LANG="en_US.UTF-8") == "en"
    assert speaks("--lang", "ru", LANG="en_US.UTF-8") == "ru"
    assert speaks(PYTHONIOENCODING="cp1251", PYTHONUTF8="0") == "ru"
    assert speaks(PYTHONIOENCODING="ascii", PYTHONUTF8="0") == "en", "it has no such letters"
    asked = run(folder, *one, "--lang", "ru", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "????" in asked
    assert "max_pool2d_forward" in asked


@pytest.fixture(scope="module")
def graded(tmp_path_factory, folder):
    """A submission, graded once."""
    top = tmp_path_factory.mktemp("class")
    handed = top / "submissions" / "student" / "nn"
    handed.mkdir(parents=True)
    for name in ("dropout", "standardize"):
        shutil.copy(folder / "nn" / f"{name}.py", handed)
    arguments = ["--component", "dropout", "--component", "standardize", "--jobs", "1"]
    assert main(["grade", str(top / "submissions"), "--out", str(top / "out"), *arguments]) == 0
    return top / "out"


def visible(html: str) -> str:
    return re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.S)


# What a text holds beside its own words: code, formulas, titles of papers, marks, addresses.
ASIDE = re.compile(
    r"^```.*?^```|\$\$.*?\$\$|\$[^$]+\$|`[^`]*`|<!--.*?-->|\]\([^)]*\)|^- [A-Z]\..*?(?=^- |^#|\Z)",
    re.M | re.S,
)


def prose(text: str) -> str:
    return ASIDE.sub(" ", text)


def test_handouts_and_readmes_keep_to_one_language():
    folder = ROOT / "assignments"
    pairs = [(c.handout_in("en"), c.handout_in("ru")) for c in load_course().components]
    pairs.append((folder / "README.md", folder / "README.ru.md"))
    pairs.append((ROOT / "docs" / "student.md", ROOT / "docs" / "student.ru.md"))
    for english, russian in pairs:
        said = prose(russian.read_text("utf-8").replace("[In English]", ""))
        assert not ENGLISH.search(said), (russian.name, ENGLISH.search(said))
        said = english.read_text("utf-8")
        assert ENGLISH.search(prose(said)), english.name
        said = re.sub(r"По-русски: README\.ru\.md|\[По-русски\]", "", said)
        assert not CYRILLIC.search(said), (english.name, CYRILLIC.search(said))


def test_no_translation_is_left_half_in_english():
    """Every title, hint, message and phrase, of hidden tests and of rare events too."""
    seen = 0
    for domain in ("student", "staff"):
        for entry in read(source(load_course(), "ru", domain), "ru"):
            texts = entry.string if isinstance(entry.string, tuple) else (entry.string,)
            for text in texts if entry.id else ():
                said = re.sub(r"`[^`]*`|\{\w+\}|'[^']*'|\S*[_.(=\[/]\S*", " ", text)
                assert not ENGLISH.search(said), text
                seen += bool(CYRILLIC.search(text))
    assert seen > 900


def test_the_doctor_speaks_both(tmp_path):
    """In a folder that lacks what it should hold, so that there is an advice too."""
    shutil.copytree(ROOT / "shared", tmp_path / "shared", ignore=shutil.ignore_patterns("*cache*"))
    said = {}
    for lang in ("en", "ru"):
        done = subprocess.run(
            [sys.executable, "-m", "shared", "doctor"],
            cwd=tmp_path,
            env={**os.environ, "LANGUAGE": lang, "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        said[lang] = done.stdout
        assert "!!" in done.stdout
    assert not CYRILLIC.search(said["en"])
    assert ENGLISH.search(said["en"])
    words = said["ru"].replace(str(tmp_path), "")
    assert not ENGLISH.search(words), words
    assert len(CYRILLIC.findall(words)) > 8


def test_a_page_is_made_in_either_language_from_one_result(graded, capsys):
    page_of = graded / "feedback" / "student.html"
    russian = page_of.read_text("utf-8")
    assert '<html lang="ru">' in russian, "the course's language, whatever this machine's is"
    assert not ENGLISH.search(visible(russian)), ENGLISH.search(visible(russian))
    result = json.dumps(read_result(graded, "student"), ensure_ascii=False)
    assert not CYRILLIC.search(result), "a result holds no sentence"
    assert main(["feedback", str(graded), "--lang", "en"]) == 0
    assert "wrote 1 pages" in capsys.readouterr().out
    english = page_of.read_text("utf-8")
    assert '<html lang="en">' in english
    assert not CYRILLIC.search(english)
    assert english.count("<li ") == russian.count("<li ") > 30
    assert main(["feedback", str(graded)]) == 0
    assert page_of.read_text("utf-8") == russian
    assert page(read_result(graded, "student"), read_suite(graded), "en") == english


def test_pages_are_made_only_of_a_graded_class(tmp_path, capsys):
    assert main(["feedback", str(tmp_path)]) == 4
    assert "name a folder that `grade --out` wrote" in capsys.readouterr().err


def test_a_notebook_in_each_language_has_the_same_code():
    course = load_course()
    for component in course.components:
        books = [
            json.loads(component.notebook_in(lang).read_text("utf-8")) for lang in ("en", "ru")
        ]
        english, russian = (
            {c["id"]: "".join(c["source"]) for c in book["cells"] if c["cell_type"] == "code"}
            for book in books
        )
        first = russian.pop("setup")
        assert 'use("ru")' in first
        assert not ENGLISH.search(re.sub(r"^(import|from) .*$|`[^`]*`", "", first, flags=re.M))
        assert 'use("en")' in english.pop("setup")
        assert english == russian
        for cell in books[1]["cells"]:
            if cell["cell_type"] == "markdown":
                assert CYRILLIC.search("".join(cell["source"])), cell["source"]
        assert not CYRILLIC.search(json.dumps(books[0], ensure_ascii=False))


# Other words for what the glossary names, as whole words in any case.
INSTEAD = {
    r"датасет\w*|тренировочн\w+ (выборк|набор)\w*": "обучающая выборка",
    r"лосс\w*|функци\w+ ошибки": "потери",
    r"(прям|обратн)\w+ проход\w*": "прямое (обратное) распространение",
    r"паддинг\w*": "дополнение",
    r"страйд\w*": "шаг",
    r"дропаут\w*": "прореживание",
    r"лейбл\w*": "метка",
    r"б[эе]тч\w*|мини-?батч\w*|бэч\w*": "батч",
    r"(коэффициент|темп)\w* обучения": "скорость обучения",
    r"фич[иаеу]\w*": "признак",
    r"тетрадк\w*|блокнот\w*": "ноутбук",
    r"субдискретизац\w*|подвыборк\w*": "пулинг",
    r"нормировк\w*": "нормализация",
}


def test_russian_texts_call_a_thing_by_the_glossarys_word():
    course = load_course()
    texts = {
        c.handout_in("ru").name: c.handout_in("ru").read_text("utf-8") for c in course.components
    }
    for path in (
        ROOT / "assignments" / "README.ru.md",
        ROOT / "docs" / "student.ru.md",
        ROOT / "shared" / "plots" / "russian.py",
        *(source(course, "ru", domain) for domain in ("student", "staff")),
    ):
        texts[path.name] = path.read_text("utf-8")
    glossary = (ROOT / "assignments" / "handouts" / "glossary.md").read_text("utf-8")
    for other, word in INSTEAD.items():
        assert re.search(re.escape(word.split()[0].split("(")[0]), glossary), word
        for name, text in texts.items():
            found = re.search(rf"\b({other})\b", text, re.I)
            assert not found, f"{name}: {found} where the glossary says {word}"
