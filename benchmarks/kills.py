"""Is anything lost when the grader is killed? SIGKILL at random moments of a class, then a rerun.

    python benchmarks/kills.py [--rounds N] [--students N] [--component NAME]... [--json]

A round grades the class into an empty folder, kills the coordinator at a moment drawn from the time
that an undisturbed run took, waits for every process that it left behind to end, looks at what was
written, and runs the same command again. It fails when a process outlives the grader, when a file
is not whole, or when a result differs by a byte from the undisturbed run's. The exit status is 1
when anything of that happened. Linux only.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.course import load_course  # noqa: E402
from autograder.demo import make_class  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 20.0  # seconds in which what a dead grader left behind has to be gone


def write_class(to: Path, students: int, components: list[str]) -> None:
    """Every third submission of the demo's class, those components of it."""
    course = load_course()
    paths = {f"nn/{name}.py" for name in components}
    for made in list(make_class(course.components))[::3][:students]:
        for path, text in made.files.items():
            if path in paths:
                file = to / made.name / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")


def start(submissions: Path, out: Path, components: list[str]) -> subprocess.Popen[str]:
    """The class run, in a process of its own."""
    chosen = [part for name in components for part in ("--component", name)]
    return subprocess.Popen(
        [sys.executable, "-m", "autograder", "grade", str(submissions), "--out", str(out), *chosen],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(run: subprocess.Popen[str]) -> None:
    _, said = run.communicate()
    if run.returncode:
        raise SystemExit(f"grade ended with status {run.returncode}:\n{said}")


def written(out: Path) -> dict[str, bytes]:
    """The results and the grades, by path."""
    files = [*(out / "results").glob("*.json"), out / "grades.csv"]
    return {str(file.relative_to(out)): file.read_bytes() for file in files if file.exists()}


def left_alive() -> list[int]:
    """Processes that were handed to this one when their parents died, and that have not ended."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if not pid:
            break
    return [
        int(pid)
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
    ]


def one_round(
    number: int,
    submissions: Path,
    out: Path,
    components: list[str],
    whole: dict[str, bytes],
    seconds: float,
) -> tuple[float, int, list[str]]:
    """The moment of the kill, how many results were there then, and what went wrong."""
    moment = random.Random(number).uniform(0.0, seconds)
    run = start(submissions, out, components)
    time.sleep(moment)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert run.stderr is not None
    run.stderr.close()
    faults = []
    end = time.monotonic() + PATIENCE
    while (alive := left_alive()) and time.monotonic() < end:
        time.sleep(0.02)
    if alive:
        faults.append(f"{len(alive)} processes outlived the grader")
    for path, data in written(out).items():
        if path.startswith("results/") and data != whole[path]:
            faults.append(f"{path} was left half-written or wrong")
    kept = len(list((out / "results").glob("*.json")))
    finish(start(submissions, out, components))
    again = written(out)
    faults += [f"{path} is missing after the rerun" for path in whole.keys() - again.keys()]
    faults += [f"{path} differs after the rerun" for path in again if again[path] != whole[path]]
    return moment, kept, faults


def measure(rounds: int, students: int, components: list[str]) -> dict[str, Any]:
    """Kill the class run `rounds` times."""
    # What the grader leaves behind becomes a child of this process, where it can be seen.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        base = Path(folder)
        write_class(base / "class", students, components)
        began = time.monotonic()
        finish(start(base / "class", base / "whole", components))
        seconds = time.monotonic() - began
        whole = written(base / "whole")
        rows = []
        for number in range(rounds):
            moment, kept, faults = one_round(
                number, base / "class", base / str(number), components, whole, seconds
            )
            rows.append({"killed_after": round(moment, 2), "results": kept, "faults": faults})
            for fault in faults:
                print(f"round {number}: {fault}", file=sys.stderr, flush=True)
    return {"rounds": rows, "students": students, "seconds": round(seconds, 2)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--students", type=int, default=12)
    parser.add_argument("--component", action="append", help="backprop and pool by default")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.rounds, given.students, given.component or ["backprop", "pool"])
    faults = sum(len(row["faults"]) for row in found["rounds"])
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        for number, row in enumerate(found["rounds"]):
            print(f"{number:>3}  killed after {row['killed_after']:6.2f} s", end="  ")
            print(f"{row['results']:>3} results there  {len(row['faults'])} faults")
        print(
            f"{given.students} students, {found['seconds']} s undisturbed; "
            f"{given.rounds} kills, {faults} faults"
        )
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
