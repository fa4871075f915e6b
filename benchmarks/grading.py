"""What isolation costs: grading in the sandbox beside the same tests on bare functions.

    python benchmarks/grading.py [--rounds N] [--class] [--json]

Both run the reference through the same pytest run, in turn, in one process that forks for each.
Times are medians; the difference per component is what the sandbox adds. A second table compares
the levels of isolation that this machine offers, taking turns too; with `--class` also over a class
of twelve, good, bad and forged (LeNet left out), who are each graded at every level in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import types
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.onethread import ONE_THREAD  # noqa: E402

os.environ.update(ONE_THREAD)

import numpy as np  # noqa: E402

from autograder.course import Course, load_course  # noqa: E402
from autograder.intake.submissions import Handed  # noqa: E402
from autograder.running.grader import Grader  # noqa: E402
from autograder.sandbox import Limits, Sandbox, Submission, available_levels  # noqa: E402
from benchmarks.soak import dozen  # noqa: E402
from shared.local import LocalBackend  # noqa: E402


class BareBackend(LocalBackend):
    """A submission's source, executed in the grading process itself."""

    def close(self) -> None:
        pass


class BareBox:
    """Stands where the sandbox stands, and isolates nothing."""

    level = "none"

    def worker(
        self,
        submission: Submission,
        *,
        component: str,
        limits: Limits | None = None,
        long_calls: Collection[str] = (),
    ) -> BareBackend:
        path = f"nn/{component}.py"
        module = types.ModuleType(f"bare_{component}")
        exec(compile(submission.files[path], path, "exec"), module.__dict__)
        return BareBackend(component, ROOT, module=module)

    def close(self) -> None:
        pass


def measure(rounds: int, *, whole_class: bool) -> dict[str, Any]:
    """The figures, in milliseconds; those of a class in seconds."""
    course = load_course()
    sandboxed = Grader(course, course.components)
    bare = Grader(course, course.components)
    bare.box.close()
    bare.box = BareBox()  # type: ignore[assignment]
    files = {f"nn/{c.name}.py": c.solution.read_text(encoding="utf-8") for c in course.components}
    handed = Handed("the reference", files)
    times: dict[str, list[float]] = {"sandboxed": [], "bare": []}
    for _ in range(rounds):
        times["sandboxed"].append(_seconds(lambda: sandboxed.grade(handed)))
        times["bare"].append(_seconds(lambda: bare.grade(handed)))
    levels = _levels(sandboxed, handed, rounds)
    if whole_class:
        for name, seconds in _class(course).items():
            levels["levels"][name]["class_s"] = seconds
    sandboxed.close()
    median = {name: 1e3 * statistics.median(values) for name, values in times.items()}
    components = len(course.components)
    return {
        "rounds": rounds,
        "components": components,
        "sandboxed_ms": median["sandboxed"],
        "bare_ms": median["bare"],
        "ratio": statistics.median(
            s / b for s, b in zip(times["sandboxed"], times["bare"], strict=True)
        ),
        "isolation_ms_per_component": 1e3
        * statistics.median(
            (s - b) / components for s, b in zip(times["sandboxed"], times["bare"], strict=True)
        ),
        "level": sandboxed.box.level,
        **levels,
    }


def _levels(grader: Grader, handed: Handed, rounds: int) -> dict[str, Any]:
    """Figures of each level: its fork server's start, a worker's, and one whole submission."""
    names = available_levels()
    own = grader.box
    opened: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(3):
        for name in names:
            opened[name].append(_seconds(partial(_open_and_close, name)))
    boxes = {name: Sandbox(level=name) for name in names}
    starts: dict[str, list[float]] = {name: [] for name in names}
    grades: dict[str, list[float]] = {name: [] for name in names}
    forks: list[float] = []
    for turn in range(rounds * 4):
        forks.append(_seconds(_fork))
        for name, box in boxes.items():
            starts[name].append(_start(box))
            if turn % 4 == 0:
                grader.box = box
                grades[name].append(_seconds(lambda: grader.grade(handed)))
    grader.box = own
    for box in boxes.values():
        box.close()
    return {
        "bare_fork_ms": 1e3 * statistics.median(forks),
        "levels": {
            name: {
                "layers": boxes[name].layers,
                "sandbox_ms": 1e3 * statistics.median(opened[name]),
                "worker_start_ms": 1e3 * statistics.median(starts[name]),
                "submission_ms": 1e3 * statistics.median(grades[name]),
            }
            for name in names
        },
    }


def _class(course: Course) -> dict[str, float]:
    """Seconds that a class of twelve takes at each level; a student is graded at all of them."""
    grader = Grader(course, [c for c in course.components if c.name != "lenet"])
    grader.box.close()
    boxes = {name: Sandbox(level=name) for name in available_levels()}
    seconds = dict.fromkeys(boxes, 0.0)
    for number, handed in enumerate(dozen(course)):
        order = list(boxes)[:: 1 if number % 2 else -1]
        for name in order:
            grader.box = boxes[name]
            seconds[name] += _seconds(partial(grader.grade, handed))
    for box in boxes.values():
        box.close()
    return seconds


def _open_and_close(level: str) -> None:
    Sandbox(level=level).close()


def _start(box: Sandbox) -> float:
    """Seconds from nothing to the first answer of a worker."""
    submission = Submission({"nn/__init__.py": "", "nn/probe.py": "def f(x):\n    return x\n"})
    start = time.perf_counter()
    worker = box.worker(submission, component="probe")
    reply = worker.call("f", (np.zeros(3),), {}, "array")
    seconds = time.perf_counter() - start
    worker.close()
    assert reply.failure is None, reply
    return seconds


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--class", dest="whole_class", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(arguments.rounds, whole_class=arguments.whole_class)
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    print(
        f"level {found['level']}, {found['components']} component(s), medians of {found['rounds']}"
    )
    print(f"{'one submission, sandboxed':<36} {found['sandboxed_ms']:8.1f} ms")
    print(f"{'one submission, bare in process':<36} {found['bare_ms']:8.1f} ms")
    print(f"{'ratio':<36} {found['ratio']:8.2f}")
    print(f"{'isolation, per component':<36} {found['isolation_ms_per_component']:8.1f} ms")
    print(f"{'bare fork of the grader, for scale':<36} {found['bare_fork_ms']:8.1f} ms")
    print(f"\n{'level':<12} {'sandbox':>12} {'worker':>12} {'submission':>14} {'class':>10}")
    for name, level in found["levels"].items():
        of_class = f"{level['class_s']:8.1f} s" if "class_s" in level else ""
        print(
            f"{name:<12} {level['sandbox_ms']:9.1f} ms {level['worker_start_ms']:9.1f} ms "
            f"{level['submission_ms']:11.1f} ms {of_class:>10}".rstrip()
        )
    print("sandbox: its start with its test of itself, once a run; worker: start to first answer")


if __name__ == "__main__":
    main()
