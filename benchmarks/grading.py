"""What isolation costs: grading in the sandbox beside the same tests on bare functions.

    python benchmarks/grading.py [--rounds N] [--json]

Both run the reference through the same pytest run, in turn, in one process that forks for each.
Times are medians; the difference per component is what the sandbox adds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.onethread import ONE_THREAD  # noqa: E402

os.environ.update(ONE_THREAD)

import numpy as np  # noqa: E402

from autograder.course import load_course  # noqa: E402
from autograder.grader import Grader  # noqa: E402
from autograder.sandbox import Limits, Sandbox, Submission  # noqa: E402
from autograder.submissions import Handed  # noqa: E402
from shared.local import LocalBackend  # noqa: E402


class BareBackend(LocalBackend):
    """A submission's source, executed in the grading process itself."""

    def close(self) -> None:
        pass


class BareBox:
    """Stands where the sandbox stands, and isolates nothing."""

    level = "none"

    def worker(
        self, submission: Submission, *, component: str, limits: Limits | None = None
    ) -> BareBackend:
        path = f"nn/{component}.py"
        module = types.ModuleType(f"bare_{component}")
        exec(compile(submission.files[path], path, "exec"), module.__dict__)
        return BareBackend(component, ROOT, module=module)

    def close(self) -> None:
        pass


def measure(rounds: int) -> dict[str, Any]:
    """The figures, in milliseconds."""
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
    starts, forks = _starts(sandboxed.box, rounds * 4)
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
        "worker_start_ms": 1e3 * statistics.median(starts),
        "bare_fork_ms": 1e3 * statistics.median(forks),
        "level": sandboxed.box.level,
    }


def _starts(box: Sandbox, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from nothing to the first answer of a worker; and of a bare fork, in turn."""
    submission = Submission({"nn/__init__.py": "", "nn/probe.py": "def f(x):\n    return x\n"})
    x = np.zeros(3)
    starts, forks = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        worker = box.worker(submission, component="probe")
        reply = worker.call("f", (x,), {}, "array")
        starts.append(time.perf_counter() - start)
        worker.close()
        assert reply.failure is None, reply
        start = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        forks.append(time.perf_counter() - start)
    return starts, forks


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(arguments.rounds)
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
    print(f"{'worker: start to first answer':<36} {found['worker_start_ms']:8.1f} ms")
    print(f"{'bare fork of the grader, for scale':<36} {found['bare_fork_ms']:8.1f} ms")


if __name__ == "__main__":
    main()
