"""`demo`: a made-up class of good, bad and forged submissions, graded for real."""

from __future__ import annotations

import ast
import io
import random
import shutil
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.cells import Cell
from autograder.authoring.notebooks import nodes, to_text
from autograder.authoring.release import generate, write
from autograder.authoring.stubs import make_stub
from autograder.authoring.variants import read_variants
from autograder.course import Component, Course
from autograder.errors import ExitCode, UsageProblem
from autograder.files import write_whole
from autograder.records.results import read_result
from autograder.running.grading import Ending, grade_folder
from shared.signatures import read_signatures

RIGHT = 6  # students who are right in their own way
BETWEEN = 23  # students of every strength between that and nothing
SEED = 1998  # of who is right where
MARK = ".made-by-demo"  # what says that a folder may be emptied
SLOWEST = 5
VERDICTS = ("passed", "failed", "error", "skipped")

NAMES = (
    "abramov", "afanasyeva", "alekseeva", "baranov", "belov", "bogdanova", "chernov", "davydova",
    "denisov", "egorov", "fedorova", "gavrilov", "grishina", "ivanov", "kalinina", "kiseleva",
    "kozlov", "krylova", "lebedev", "makarova", "morozov", "nikitina", "orlov", "osipova",
    "pavlova", "romanov", "semenova", "sidorov", "sokolova", "stepanov", "tarasova", "titov",
    "vlasova", "volkov", "vorobyeva", "yakovleva", "zaitsev", "zhukova",
)  # fmt: skip

# Appended to a right solution; FIRST stands for the component's first function.
ENDLESS = """
def FIRST(*args, **kwargs):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""
EXIT = """
import os

def FIRST(*args, **kwargs):
    os._exit(0)
"""
HOG = """
def FIRST(*args, **kwargs):
    return [bytearray(1 << 26) for _ in range(1 << 12)]
"""
FORGER = """
import atexit, builtins, json, sys

np.allclose = np.array_equal = lambda *args, **kwargs: True
np.testing.assert_allclose = np.testing.assert_array_equal = lambda *args, **kwargs: None
np.linalg.norm = lambda *args, **kwargs: 0.0
builtins.abs = builtins.max = lambda *args, **kwargs: 0.0


class Always(np.ndarray):
    def __eq__(self, other):
        return True

    def __array_function__(self, function, types, args, kwargs):
        return True


def _forge():
    print(json.dumps({"score": 100, "points": 40, "verdict": "passed", "tests": []}))
    print("40 passed in 0.01s")


atexit.register(_forge)
_forge()


def FIRST(*args, **kwargs):
    _forge()
    return np.zeros(3).view(Always)
"""


@dataclass(frozen=True)
class Made:
    """A made-up student: what was handed in, and what is the matter with it."""

    name: str
    about: str
    files: dict[str, str]
    zipped: bool = False


def run_demo(
    course: Course,
    components: Sequence[Component],
    out: Path,
    *,
    jobs: int,
    require: str = "kernel",
) -> int:
    """Cut the release, make a class, grade it, and print what came of it; the exit status.

    Raises
    ------
    UsageProblem
        When `out` holds something else.
    """
    _make_room(out)
    written = write(generate(course))
    print(f"release: {len(written)} generated files were out of date", flush=True)
    students = list(make_class(components))
    for student in students:
        _hand_in(out / "submissions", student)
    print(f"class: {len(students)} submissions in {out / 'submissions'}", flush=True)
    ending = grade_folder(
        course,
        components,
        out / "submissions",
        out / "graded",
        jobs=jobs,
        require=require,
        stream=sys.stdout,
    )
    _print_table(out / "graded", students)
    _print_slowest(ending)
    print(f"pages: {(out / 'graded' / 'feedback').resolve()}")
    return ExitCode.INTERNAL if ending.ungraded else ExitCode.OK


def make_class(components: Sequence[Component]) -> Iterator[Made]:
    """The class, each student handing in all of some components."""
    names = iter(NAMES)
    right = {c.name: [v.source for v in read_variants(c).right] for c in components}

    def package(taken: int) -> dict[str, str]:
        return {f"nn/{name}.py": sources[taken % len(sources)] for name, sources in right.items()}

    # The slow ones have the first names, so that no core waits for them at the end.
    for trouble, text in (
        ("an endless loop that swallows interrupts", ENDLESS),
        ("leaves the process by os._exit", EXIT),
        ("takes all the memory", HOG),
        ("patches NumPy and prints scores", FORGER),
    ):
        yield Made(next(names), trouble, _spoiled(components, package(0), text))
    for number in range(RIGHT):
        yield Made(next(names), "right, in a way of its own", package(number))
    for number in range(BETWEEN):
        strength = 1 - (number + 0.5) / BETWEEN
        yield _between(next(names), strength, components, package(number))
    stubs = _stubs(components)
    yield Made(next(names), "the stub as it was handed out", stubs)
    yield Made(next(names), "half done", _half_done(components))
    unparsable = {path: text + "\ndef broken(:\n" for path, text in package(0).items()}
    yield Made(next(names), "a syntax error", unparsable)
    yield Made("Ёлкина Дарья", "right, and a name that is not ASCII", package(1))
    yield Made(next(names), "an empty folder", {})
    sheets = {
        f"notebooks/{Path(path).stem}.ipynb": to_text(nodes([Cell("stub", text)]), {})
        for path, text in package(2).items()
    }
    yield Made(next(names), "right, notebooks in a zip", sheets, zipped=True)
    bare = {Path(path).name: text for path, text in package(3).items()}
    yield Made("Þórir-zip", "right, bare files in a zip", bare, zipped=True)


def _between(
    name: str, strength: float, components: Sequence[Component], right: dict[str, str]
) -> Made:
    """A student who is right in about `strength` of the components, and gives up the sooner the
    weaker.
    """
    dice = random.Random(f"{SEED} {name}")
    files = dict(right)
    fine, mistakes, stubs = 0, [], _stubs(components)
    for place, component in enumerate(components):
        path = f"nn/{component.name}.py"
        far = place / len(components)
        if dice.random() < strength and component is not components[0]:
            fine += 1
        elif dice.random() < (far - strength):
            files[path] = stubs[path]
        else:
            variant = dice.choice(read_variants(component).wrong)
            files[path] = variant.source
            mistakes.append(variant.about)
    return Made(name, f"{fine} of {len(components)} right; {mistakes[0]}", files)


def _stubs(components: Sequence[Component]) -> dict[str, str]:
    return {
        f"nn/{c.name}.py": make_stub(c.solution.read_text(encoding="utf-8"), c.solution.name)
        for c in components
    }


def _half_done(components: Sequence[Component]) -> dict[str, str]:
    """Stubs whose first half of the functions is written."""
    files = {}
    for component in components:
        source = component.solution.read_text(encoding="utf-8")
        functions = list(read_signatures(source))
        done = functions[: len(functions) // 2]
        text = make_stub(source, component.solution.name)
        files[f"nn/{component.name}.py"] = text + "\n\n" + _definitions(source, done)
    return files


def _definitions(source: str, names: Sequence[str]) -> str:
    kept = [
        ast.unparse(node)
        for node in ast.parse(source).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names
    ]
    return "\n\n\n".join(kept) + "\n"


def _spoiled(components: Sequence[Component], files: dict[str, str], text: str) -> dict[str, str]:
    spoiled = dict(files)
    for component in components:
        first = next(iter(read_signatures(component.solution.read_text(encoding="utf-8"))))
        spoiled[f"nn/{component.name}.py"] += text.replace("FIRST", first)
    return spoiled


def _make_room(out: Path) -> None:
    if out.exists() and any(out.iterdir()):
        if not (out / MARK).exists():
            raise UsageProblem(f"{out} holds something else: name an empty folder with --out")
        shutil.rmtree(out)
    write_whole(out / MARK, "The demo may empty this folder.\n")


def _hand_in(folder: Path, student: Made) -> None:
    if student.zipped:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, text in student.files.items():
                archive.writestr(path, text)
        write_whole(folder / f"{student.name}.zip", buffer.getvalue())
        return
    (folder / student.name).mkdir(parents=True, exist_ok=True)
    for path, text in student.files.items():
        write_whole(folder / student.name / path, text)


def _print_table(graded: Path, students: Sequence[Made]) -> None:
    heads = " ".join(f"{verdict:>7}" for verdict in VERDICTS)
    print(f"\n{'student':<16} {'points':>10} {heads}  what was handed in")
    for student in students:
        result = read_result(graded, student.name)
        if result is None:
            print(f"{student.name:<16} {'none':>8}")
            continue
        points = f"{result['points']}/{result['max_points']}" if result["graded"] else "NOT GRADED"
        tests = [test for part in result["components"].values() for test in part["tests"]]
        counts = Counter(test["verdict"] for test in tests)
        shown = " ".join(f"{counts[verdict] or '':>7}" for verdict in VERDICTS)
        print(f"{student.name:<16} {points:>10} {shown}  {student.about}")


def _print_slowest(ending: Ending) -> None:
    print("\nslowest tests")
    for seconds, test, student in ending.slowest[:SLOWEST]:
        print(f"  {seconds:6.2f} s  {test}  ({student})")
    print()
