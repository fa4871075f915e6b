"""Does anything depend on the load? The same verdicts many times, with the cores kept busy.

    python benchmarks/soak.py [--part PART] [--component NAME] [--rounds N] [--first N] [--hogs N]
                              [--json]

    variants   the reference and every right variant, each round with another secret: no point lost
    corpus     the corpus of vectorised code and of loops: no wrong verdict
    class      twelve students, LeNet left out: the same results each time

The exit status is 1 when anything was lost. LeNet's training is left out of `variants`: it takes
seconds, and load does not touch what it learns. A long soak may be run in parts: `--first` is the
number of the first round, and where the digests of the class are the same, so are its results.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.onethread import ONE_THREAD  # noqa: E402

os.environ.update(ONE_THREAD)

import numpy as np  # noqa: E402

from autograder.authoring.variants import read_variants  # noqa: E402
from autograder.course import Component, Course, load_course  # noqa: E402
from autograder.demo import make_class  # noqa: E402
from autograder.intake.submissions import Handed  # noqa: E402
from autograder.running.grader import Grader  # noqa: E402
from autograder.running.suite import collect, files_of  # noqa: E402
from autograder.sandbox import Sandbox, Submission  # noqa: E402
from autograder.stamps import SECRET_VARIABLE  # noqa: E402
from shared.errors import CheckFailed  # noqa: E402
from shared.signatures import read_signatures  # noqa: E402
from shared.student import Student  # noqa: E402
from shared.vectorised import check_vectorised  # noqa: E402

CORPUS = ROOT / "tests" / "shared" / "corpus"
TRAINING = "_reads_"  # in the names of tests that train a network on many digits
STUDENTS = 12
HOG = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    pass\n"


@contextmanager
def hogs(number: int) -> Iterator[None]:
    """Keep that many processes busy during the block; they end with this one."""
    running = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(number)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def variants(course: Course, components: Sequence[Component], round_number: int) -> dict[str, Any]:
    """Grade the reference and every right variant of each component with a secret of this round."""
    os.environ[SECRET_VARIABLE] = f"soak {round_number}"
    grader = Grader(course, components, prove=False)
    graded, lost = 0, []
    try:
        for component in components:
            only = _without_training(component)
            for name, source in _right(component):
                handed = Handed(name, course.reference_files(component, source))
                graded += 1
                lost += [
                    f"{component.name} {name} {o.test}: {o.verdict} "
                    f"({', '.join(m.id for m in o.messages)}) in round {round_number}"
                    for o in grader.outcomes(component, handed, only=only)
                    if o.verdict != "passed"
                ]
    finally:
        grader.close()
        del os.environ[SECRET_VARIABLE]
    return {"cases": graded, "lost": lost}


def corpus(course: Course, components: Sequence[Component], round_number: int) -> dict[str, Any]:
    """Judge the corpus of vectorised code and of loops in a sandboxed worker."""
    cases, lost = 0, []
    with Sandbox() as box:
        for file, vectorised in (("vectorised", True), ("loops", False)):
            text = (CORPUS / f"{file}.py").read_text(encoding="utf-8")
            signatures = read_signatures(text)
            submission = Submission({"nn/__init__.py": "", "nn/work.py": text})
            with box.worker(submission, component="work") as worker:
                for name in signatures:
                    student = Student(worker, signatures, file="nn/work.py")
                    rng = np.random.default_rng([round_number, cases])
                    cases += 1
                    said = _judged(student, name, rng)
                    if (said == "vectorised") != vectorised:
                        lost.append(f"{name}: {said} in round {round_number}")
    return {"cases": cases, "lost": lost}


def _judged(student: Student, name: str, rng: np.random.Generator) -> str:
    shape = (2, 6, 5) if name.startswith("image_") else (6,)
    try:
        check_vectorised(
            student,
            name,
            lambda who, rng, size: (rng.standard_normal((size, *shape)),),
            rng,
            axis="batch",
        )
    except CheckFailed as failed:
        return failed.messages[0].id
    flags = [flag.id for flag in student.notes.flags]
    return flags[0] if flags else "vectorised"


def dozen(course: Course) -> list[Handed]:
    """Twelve students of the demo's class: good, bad and forged."""
    return [
        Handed(made.name, {p: text for p, text in made.files.items() if p.startswith("nn/")})
        for made in list(make_class(course.components))[::3][:STUDENTS]
    ]


_FIRST: dict[str, str] = {}


def whole_class(
    course: Course, components: Sequence[Component], round_number: int
) -> dict[str, Any]:
    """Grade twelve students of the demo's class and compare with the first round."""
    components = [c for c in components if c.name != "lenet"]
    grader = Grader(course, components, prove=not _FIRST, share=True)
    lost = []
    try:
        for handed in dozen(course):
            result = json.dumps(grader.grade(handed)["result"], sort_keys=True)
            if _FIRST.setdefault(handed.student, result) != result:
                lost.append(f"{handed.student} got another result in round {round_number}")
    finally:
        grader.close()
    digest = hashlib.sha256(json.dumps(_FIRST, sort_keys=True).encode()).hexdigest()[:16]
    return {"cases": STUDENTS, "lost": lost, "digest": digest}


PARTS: dict[str, Callable[[Course, Sequence[Component], int], dict[str, Any]]] = {
    "variants": variants,
    "corpus": corpus,
    "class": whole_class,
}


def _right(component: Component) -> list[tuple[str, str]]:
    reference = component.solution.read_text(encoding="utf-8")
    right = read_variants(component).right
    return [("the reference", reference), *((v.name, v.source) for v in right)]


def _without_training(component: Component) -> frozenset[str]:
    infos = collect(files_of([component]))
    return frozenset(i.test for i in infos if TRAINING not in i.test)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--part", action="append", choices=sorted(PARTS), help="all by default")
    parser.add_argument("--component", action="append", default=[], help="all by default")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the number of the first round")
    parser.add_argument("--hogs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    course = load_course()
    components = course.select(given.component)
    table: dict[str, Any] = {}
    with hogs(given.hogs):
        for name in given.part or PARTS:
            start, cases, lost, found = time.monotonic(), 0, [], {}
            for number in range(given.first, given.first + given.rounds):
                found = PARTS[name](course, components, number)
                cases += found["cases"]
                lost += found["lost"]
                for line in found["lost"]:
                    print(line, file=sys.stderr, flush=True)
            seconds = round(time.monotonic() - start)
            table[name] = {
                "rounds": given.rounds,
                "cases": cases,
                "lost": len(lost),
                "seconds": seconds,
                **{key: found[key] for key in found.keys() & {"digest"}},
            }
            if not given.json:
                print(
                    f"{name:<9} {given.rounds:>4} rounds {cases:>7} cases {len(lost):>4} lost "
                    f"{seconds:>6} s  ({given.hogs} hogs) {found.get('digest', '')}".rstrip(),
                    flush=True,
                )
    if given.json:
        print(json.dumps({"hogs": given.hogs, **table}, indent=1))
    return int(any(row["lost"] for row in table.values()))


if __name__ == "__main__":
    sys.exit(main())
