"""Nothing that a student gets to see, in any channel and language, shows what is secret."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autograder.authoring.stubs import make_stub
from autograder.channels.findings import findings
from autograder.channels.gradescope.report import Metadata, report
from autograder.channels.nbgrader.source import make_assignment
from autograder.records.results import read_results, read_suite
from autograder.reports.feedback import page
from autograder.running.suite import collect, files_of
from autograder.stamps import DEMO_SECRET
from shared.language import LANGUAGES

from .by_grade import Grade
from .by_gradescope import Both
from .by_nbgrader import SECRET, UNREADABLE, Class, code
from .by_otter import Graded
from .handins import COURSE, solution
from .leakscan import LeakScan, as_read, entries_of, seeds_of, texts_of

INFOS = collect(files_of(COURSE.components))
HIDDEN = [info.test for info in INFOS if info.hidden]
Texts = dict[str, str]


@dataclass
class Seen:
    """What students see of a channel: texts by name, and of a page what its student wrote."""

    texts: Texts
    own: Texts = field(default_factory=dict)


@pytest.fixture(scope="module")
def scan() -> LeakScan:
    shown = [
        *(c.local_tests.read_text(encoding="utf-8") for c in COURSE.components),
        *(c.handout_in(lang).read_text("utf-8") for c in COURSE.components for lang in LANGUAGES),
        *(make_stub(solution(c), c.solution.name) for c in COURSE.components),
        *(p.read_text(encoding="utf-8") for p in (COURSE.root / "shared").rglob("*.py")),
    ]
    seeds = seeds_of(HIDDEN, DEMO_SECRET) | seeds_of(HIDDEN, SECRET)
    return LeakScan(COURSE.components, "\n".join(shown), [SECRET, *seeds])


def bundle(released: Path) -> Seen:
    """The zips, which hold the notebooks of every language."""
    made = (released / "bundle").glob("*.zip")
    return Seen({name: text for path in made for name, text in entries_of(path).items()})


def of_results(graded: Path) -> Iterator[tuple[str, str]]:
    """What is made of results in either language: our page, Gradescope's and nbgrader's text."""
    suite = read_suite(graded)
    for result in read_results(graded):
        for lang in LANGUAGES:
            student = f"{result['student']}.{lang}"
            yield f"{student}.html", page(result, suite, lang)
            yield f"{student}.json", json.dumps(report(result, suite, Metadata(), lang))
            for name, graded_component in result["components"].items():
                tests = graded_component["tests"]
                yield (
                    f"{student}.txt",
                    "\n".join(findings(test, suite, name, lang) for test in tests),
                )


def grade(by_grade: Grade) -> Seen:
    """The pages that `grade` wrote, and those in the other language."""
    written = texts_of(by_grade.graded / "feedback")
    assert len(written) > 10
    return Seen(written | dict(of_results(by_grade.graded)))


def nbgrader(by_nbgrader: Class) -> Seen:
    """The release, the feedback pages, and the release in the other language."""
    released = texts_of(by_nbgrader.home / "release")
    pages = texts_of(by_nbgrader.home / "feedback")
    assert {name.partition("/")[0] for name in pages} == by_nbgrader.exported().keys()
    own = {
        name: code(json.loads(by_nbgrader.submitted(student)))
        for name in pages
        if (student := name.partition("/")[0]) != UNREADABLE
    }
    for component in COURSE.components:
        for lang in LANGUAGES:
            text = make_assignment(component, INFOS, lang).release
            released[f"{component.name}.{lang}.ipynb"] = text
    return Seen(released | pages, own)


def otter(by_otter: Graded) -> Seen:
    """The student's folder, `results.json`, and every component's notebook in every language."""
    texts = texts_of(by_otter.student) | texts_of(by_otter.home / "cut")
    for name, text in texts_of(by_otter.home / "out").items():
        if name.endswith("results.json"):
            texts[name] = text
    cut = [name for name in texts if name.count("/") == 0 and name.endswith(".ipynb")]
    assert len(cut) == len(COURSE.components) * len(LANGUAGES)
    return Seen(texts)


def gradescope(by_gradescope: Both) -> Seen:
    """`results.json` of each submission."""
    runs = by_gradescope.runs
    return Seen({f"{name}.json": json.dumps(run.results) for name, run in runs.items()})


@pytest.fixture(params=[bundle, grade, nbgrader, otter, gradescope], ids=lambda f: f.__name__)
def seen(request: pytest.FixtureRequest) -> Seen:
    source = "released" if request.param is bundle else f"by_{request.param.__name__}"
    made: Seen = request.param(request.getfixturevalue(source))
    assert made.texts
    return made


def planted(name: str, text: str, secret: str) -> str:
    """The file with something secret in it, as it would stand there."""
    if name.endswith(".ipynb"):
        notebook = json.loads(text)
        notebook["cells"][0]["source"] = f"# {secret}"
        return json.dumps(notebook)
    if name.endswith(".json"):
        return json.dumps({**json.loads(text), "output": f"hint: {secret}"})
    return text + (html.escape(secret) if name.endswith(".html") else secret)


def test_nothing_that_students_see_is_secret(scan, seen):
    found = {
        name: leaks
        for name, text in seen.texts.items()
        if (leaks := scan.find(as_read(name, text), seen.own.get(name, "")))
    }
    assert found == {}


def test_what_is_planted_is_found(scan, seen):
    """In a file of each kind: a name, a secret, a seed, a line of a test and of a solution."""
    secrets = [HIDDEN[0].partition("[")[0], DEMO_SECRET, SECRET, seeds_of(HIDDEN[:1], SECRET).pop()]
    secrets += [max(scan.tests, key=len), max(scan.solutions, key=len)]
    secrets += [
        "for sizes, lam in NETWORKS:",
        "penalty = lam * sum(np.abs(w).sum() for w, _ in parameters)",
    ]
    kinds = {Path(name).suffix: name for name in seen.texts}
    for name in kinds.values():
        for secret in secrets:
            text = planted(name, seen.texts[name], secret)
            assert scan.find(as_read(name, text)), (name, secret)
