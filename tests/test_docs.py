"""The pages of docs/: what they show is so, what they name exists, and Sphinx has no complaint."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from autograder import rules, toml_checks
from autograder.course import ROOT, load_course
from autograder.rules import LIMIT_KEYS
from autograder.sandbox.limits import Limits

DOCS = ROOT / "docs"
BLOCK = re.compile(
    r"^```\{code-block\} (?P<language>\w+)\n(?::caption: (?P<file>\S+)\n\n)?(?P<text>.*?)^```$",
    re.M | re.S,
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as `make docs` builds them."""
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-q", "-d", out / "doctrees", DOCS, out / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out / "html"


def test_every_page_is_built_and_in_the_menu(site):
    pages = {p.relative_to(DOCS).with_suffix(".html") for p in DOCS.rglob("*.md")}
    assert Path("ta.html") in pages
    assert all((site / page).exists() for page in pages)
    linked = set(re.findall(r'href="([\w./-]+\.html)', (site / "index.html").read_text()))
    linked |= set(re.findall(r'href="([\w./-]+\.html)', (site / "design.html").read_text()))
    assert {str(page) for page in pages} - {"index.html"} <= linked


def test_the_pages_load_nothing_from_a_network(site):
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|iframe)[^>]* src="([^"]*)"|<link[^>]* href="([^"]*)"',
            page.read_text(encoding="utf-8"),
        )
        assert loaded
        assert not [one for pair in loaded for one in pair if "//" in one], page.name


def test_the_reference_shows_every_command_as_it_is(site):
    from autograder.cli import cli

    page = (site / "reference.html").read_text(encoding="utf-8")
    for name, command in cli.commands.items():
        assert f'id="{name}"' in page
        for parameter in command.params:
            for option in parameter.opts:
                assert option.lstrip("-").upper() in page.upper(), (name, option)


def test_every_target_of_make_is_in_the_reference():
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    [targets] = re.findall(r"^\.PHONY: (.*)$", text, re.M)
    told = re.findall(r"^\| `make (\w+)` \|", (DOCS / "reference.md").read_text("utf-8"), re.M)
    parts = {name for name in targets.split() if name.startswith(("test-", "."))}
    assert set(targets.split()) - parts == set(told)


def described(heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading of the reference, by the key in their first cell."""
    text = (DOCS / "reference.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(f"\n### `{heading}`\n")
    section = re.split(r"^#+ ", rest, maxsplit=1, flags=re.M)[0]
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", section, re.M)
    return {key: [cell.strip() for cell in cells.split("|")] for key, cells in rows}


def test_every_key_of_course_toml_is_described_and_no_other(monkeypatch):
    accepted: dict[str, set[str]] = {}

    def only(table, known, where):
        accepted.setdefault(where.split()[0], set()).update(known)

    monkeypatch.setattr(toml_checks, "only", only)
    monkeypatch.setattr(rules, "only", only)
    load_course()
    # A component's own limits are read with its name.
    component = accepted.pop("[[component]]") - set(LIMIT_KEYS)
    assert accepted.pop("course.toml") == {"course", "limits", "late", "component"}
    accepted["[[component]]"] = component
    assert accepted == {heading: set(described(heading)) for heading in accepted}
    assert accepted["[limits]"] == set(LIMIT_KEYS)


def test_the_defaults_of_limits_are_those_described():
    shown = {key: cells[1] for key, cells in described("[limits]").items()}
    assert shown == {field.name: f"{field.default:g}" for field in fields(Limits)}


def steps(page: str) -> Iterator[tuple[str, str, str]]:
    """(language, file, text) of the blocks of code of a page, in their order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        yield block["language"], block["file"] or "", block["text"]


def run(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def check_session(text: str, root: Path) -> None:
    """Run what a console block types, and find what it shows there, line by line."""
    sessions = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M)
    assert sessions
    for number, (command, shown) in enumerate(sessions):
        if command == "echo $?":
            continue
        following = sessions[number + 1] if number + 1 < len(sessions) else ("", "")
        status = int(following[1]) if following[0] == "echo $?" else 0
        done = run(command, root)
        assert done.returncode == status, f"{command}\n{done.stdout}"
        lines = [line for line in shown.splitlines() if line != "..."]
        printed = iter(done.stdout.splitlines())
        for line in lines:
            assert line.strip() in (p.strip() for p in printed), f"{line}\n{done.stdout}"
        if "..." not in shown:
            assert len(done.stdout.splitlines()) == len(lines), done.stdout


def translate(catalogue: Path, entries: str) -> None:
    """Fill in what a page gives the translations of; each has to be waiting for one."""
    from babel.messages.pofile import read_po, write_po

    with catalogue.open("rb") as file:
        known = read_po(file)
    for given in read_po(io.StringIO(entries)):
        if given.id:
            entry = next(e for e in known if e.id == given.id)
            assert entry.fuzzy or not entry.string, entry.id
            entry.string = given.string
            entry.flags.discard("fuzzy")
    with catalogue.open("wb") as file:
        write_po(file, known, width=100)


def test_the_tutorial_builds_a_component_whose_tests_are_proven(spoilable):
    ran = written = 0
    for language, file, text in steps("ta.md"):
        if language == "console":
            check_session(text, spoilable)
            ran += 1
        elif language == "po":
            translate(spoilable / file, text)
            written += 1
        else:
            assert (spoilable / file).exists(), f"{file}: `new` begins each file that one writes"
            (spoilable / file).write_text(text, encoding="utf-8")
            written += 1
    assert (ran, written) == (8, 8)


@pytest.mark.parametrize(("page", "lang"), [("student.md", "en"), ("student.ru.md", "ru")])
def test_the_failure_that_students_are_shown_is_one(tmp_path, page, lang):
    for room in ("assignments", "shared"):
        ignore = shutil.ignore_patterns("__pycache__", "data")
        shutil.copytree(ROOT / room, tmp_path / room, ignore=ignore)
    solution = (ROOT / "solutions" / "nn" / "backprop.py").read_text(encoding="utf-8")
    transposed = solution.replace("dw = x.T @ dy", "dw = (x.T @ dy).T")
    (tmp_path / "assignments" / "nn" / "backprop.py").write_text(transposed, encoding="utf-8")
    tests = f"assignments/tests/test_backprop.py -k worked_example --lang {lang}"
    done = run(f"python -m pytest {tests}", tmp_path)
    (shown,) = (text for language, _, text in steps(page) if language == "text")
    assert shown in done.stdout, done.stdout


def test_the_page_for_students_names_the_same_commands_in_both_languages():
    both = []
    for page in ("student.md", "student.ru.md"):
        text = (DOCS / page).read_text(encoding="utf-8")
        both.append(
            (
                re.findall(r"^ {4,}(python .*)$", text, re.M),
                re.findall(r"^#+ ", text, re.M),
                [line.count("|") for line in text.splitlines() if line.startswith("|")],
            )
        )
    assert both[0] == both[1]
