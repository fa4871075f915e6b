"""The same assignment, checks and submissions through this kit, nbgrader, otter and plain pytest.

    python benchmarks/peers.py [--rounds N] [--json]

nbgrader and otter run as a course without this kit would use them: asserts in test cells, seen and
hidden. The honest submissions give the times, the programs taking turns, beside the bare checks in
one warm process; what a program adds is the difference. Starting (imports, this kit's proof of the
reference) is left out for those that grade a class in one command, and shown beside. Then each bad
submission is graded alone. What runs without a sandbox of its own runs in bubblewrap, with limits.
A quarter of an hour on two free cores.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.peer import forms, running  # noqa: E402
from benchmarks.peer.assignment import BAD, CHECKS, HONEST, POINTS, Submission  # noqa: E402
from benchmarks.peer.running import Ran, bubble, run  # noqa: E402

FEW = 2  # submissions of the run that tells what starting costs
COPIES = 10  # of each honest submission through `grade`, which else is over too soon to time
LIMIT = 90.0  # seconds until a bad submission is ended by us
PR_SET_CHILD_SUBREAPER = 36
TOOLS = ("grade", "nbgrader", "otter", "pytest")

Figures = dict[str, float]


def bare(submissions: Sequence[Submission]) -> tuple[Figures, dict[str, int]]:
    """The checks in this process: what every program does at least, and the points."""
    codes = [[compile(text, "check", "exec") for text in pair] for pair in CHECKS.values()]
    points: dict[str, int] = {}
    start, cpu = time.perf_counter(), time.process_time()
    for submission in submissions:
        names: dict[str, Any] = {}
        exec(compile(submission.module, submission.name, "exec"), names)
        passed = 0
        with np.errstate(all="ignore"):
            for code in (code for pair in codes for code in pair):
                try:
                    exec(code, dict(names))
                    passed += 1
                except Exception:
                    continue
        points[submission.name] = passed
    each = len(submissions)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"seconds": seconds / each, "cpu": cpu / each}, points


def grade(course: Path, work: Path, handed: Mapping[str, Submission]) -> tuple[Ran, Scores]:
    """This kit's command on a class."""
    work.mkdir(parents=True)
    forms.hand_in_files(work / "in", handed)
    command = [sys.executable, "-m", "autograder", "grade", str(work / "in")]
    ran = run([*command, "--out", str(work / "out")], course, limit=LIMIT * len(handed))
    scores: Scores = {}
    for student in handed:
        path = work / "out" / "results" / f"{student}.json"
        scores[student] = json.loads(path.read_text())["points"] if path.exists() else None
    return ran, scores


def nbgrader(course: Path, work: Path, handed: Mapping[str, Submission]) -> tuple[Ran, Scores]:
    """`nbgrader autograde` on a class, in one command."""
    shutil.copytree(course, work)
    config = work / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(course), str(work)))
    forms.hand_in_nbgrader(work, handed)
    command = [sys.executable, "-m", "nbgrader", "autograde", "hw"]
    ran = run([*bubble(work), *command], work, limit=LIMIT * len(handed))
    return ran, _nbgrader_scores(work, handed)


def _nbgrader_scores(work: Path, handed: Mapping[str, Submission]) -> Scores:
    from nbgrader.api import Gradebook, MissingEntry

    scores: Scores = {}
    with Gradebook(f"sqlite:///{work / 'gradebook.db'}") as book:
        for student in handed:
            done = (work / "autograded" / student / "hw" / "hw.ipynb").exists()
            try:
                scores[student] = book.find_submission("hw", student).score if done else None
            except MissingEntry:
                scores[student] = None
    return scores


def otter(course: Path, work: Path, handed: Mapping[str, Submission]) -> tuple[Ran, Scores]:
    """`otter run`, which takes one submission."""
    ((student, submission),) = handed.items()
    work.mkdir(parents=True)
    shutil.copy(course / "autograder.zip", work)
    (work / "out").mkdir()
    forms.hand_in_otter(course, work / "hw.ipynb", submission)
    command = [sys.executable, "-m", "otter", "run", "-a", "autograder.zip", "-o", "out"]
    ran = run([*bubble(work), *command, "hw.ipynb"], work, limit=LIMIT)
    path = work / "out" / "results.json"
    if not path.exists():
        return ran, {student: None}
    tests = json.loads(path.read_text())["tests"]
    return ran, {student: sum(test.get("score") or 0 for test in tests)}


def pytest(work: Path, handed: Mapping[str, Submission]) -> tuple[Ran, Scores]:
    """Plain pytest, which takes one submission."""
    ((student, submission),) = handed.items()
    forms.lay_out_pytest(work, submission)
    ran = run([*bubble(work), sys.executable, "-m", "pytest", "-q"], work, limit=LIMIT)
    last = ran.said.strip().splitlines()[-1:] or [""]
    words = last[0].replace(",", "").split()
    passed = int(words[words.index("passed") - 1]) if "passed" in words else 0
    return ran, {student: passed if ran.status in (0, 1) and "in" in words else None}


Scores = dict[str, float | None]


class Bench:
    """The four programs, laid out in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs = 0
        for name, lay_out in (
            ("grade", forms.lay_out_course),
            ("nbgrader", forms.lay_out_nbgrader),
            ("otter", forms.lay_out_otter),
        ):
            (folder / name).mkdir()
            lay_out(folder / name)

    def through(self, tool: str, handed: Mapping[str, Submission]) -> tuple[Ran, Scores]:
        """Grade submissions by a program."""
        self._runs += 1
        work = self._folder / f"run-{self._runs}"
        if tool == "pytest":
            return pytest(work, handed)
        take: dict[str, Callable[..., tuple[Ran, Scores]]]
        take = {"grade": grade, "nbgrader": nbgrader, "otter": otter}
        try:
            return take[tool](self._folder / tool, work, handed)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def round(self, number: int, rounds: int) -> dict[str, Figures]:
        """Every program once, in turn: what one honest submission takes."""
        found = {"bare": bare(HONEST)[0]}
        found["grade"] = self._batch("grade", COPIES)
        found["nbgrader"] = self._batch("nbgrader", 1)
        mine = HONEST[number % rounds :: rounds]
        for tool in ("otter", "pytest"):
            found[tool] = self._singly(tool, mine)
        return found

    def _batch(self, tool: str, copies: int) -> Figures:
        few = {s.name: s for s in HONEST[:FEW]}
        many = {f"{s.name}-{copy}": s for copy in range(copies) for s in HONEST}
        first, _ = self.through(tool, few)
        ran, scores = self.through(tool, many)
        self._check(tool, many, scores)
        more = len(many) - len(few)
        seconds, cpu = (ran.seconds - first.seconds) / more, (ran.cpu - first.cpu) / more
        return {
            "seconds": seconds,
            "cpu": cpu,
            "memory_mb": ran.memory_mb,
            "start": first.seconds - FEW * seconds,
            "start_cpu": first.cpu - FEW * cpu,
        }

    def _singly(self, tool: str, submissions: Sequence[Submission]) -> Figures:
        runs = []
        for submission in submissions:
            handed = {submission.name: submission}
            ran, scores = self.through(tool, handed)
            self._check(tool, handed, scores)
            runs.append(ran)
        return {
            "seconds": statistics.mean(r.seconds for r in runs),
            "cpu": statistics.mean(r.cpu for r in runs),
            "memory_mb": max(r.memory_mb for r in runs),
        }

    @staticmethod
    def _check(tool: str, handed: Mapping[str, Submission], scores: Scores) -> None:
        for student, submission in handed.items():
            # nbgrader takes all points of a cell that warns; ours notices what a check does not.
            score = scores[student]
            assert score is not None, f"{tool} has no result of {student}"
            assert score <= submission.deserved, f"{tool} gave {student} {score}"


def summary(rounds: Sequence[Mapping[str, Figures]]) -> dict[str, Any]:
    """Medians over the rounds, and the ratios, each of one round's own figures."""
    found: dict[str, Any] = {"per_submission": {}, "adds": {}}
    for tool in ("bare", *TOOLS):
        keys = rounds[0][tool]
        found["per_submission"][tool] = {k: _median(r[tool][k] for r in rounds) for k in keys}
    for tool in TOOLS:
        found["adds"][tool] = {
            k: _median(r[tool][k] - r["bare"][k] for r in rounds) for k in ("seconds", "cpu")
        }
    for tool in ("nbgrader", "otter", "pytest"):
        for key, name in (("seconds", "ratio"), ("cpu", "cpu_ratio")):
            found[f"{tool}_{name}"] = _median(
                (r[tool][key] - r["bare"][key]) / (r["grade"][key] - r["bare"][key]) for r in rounds
            )
    return found


def _median(values: Any) -> float:
    return round(float(statistics.median(values)), 4)


def outcome(ran: Ran, score: float | None) -> str:
    took = f"{ran.seconds:.0f} s" if ran.seconds > 20 else ""
    if score is not None:
        return " ".join(filter(None, (f"{score:g}", took)))
    how = "hangs, ended by us" if ran.status is None else f"no result, exit {ran.status}"
    return f"{how} {took}".strip()


def show(found: Mapping[str, Any]) -> None:
    print(
        f"{'':<10} {'s each':>8} {'CPU s':>8} {'adds s':>8} {'CPU s':>8} {'MB':>6} {'start s':>8}"
    )
    for tool, figures in found["per_submission"].items():
        adds = found["adds"].get(tool, {})
        print(
            f"{tool:<10} {figures['seconds']:>8.3f} {figures['cpu']:>8.3f} "
            f"{adds.get('seconds', 0):>8.3f} {adds.get('cpu', 0):>8.3f} "
            f"{figures.get('memory_mb', 0):>6.0f} {figures.get('start', 0):>8.1f}"
        )
    for tool in ("nbgrader", "otter", "pytest"):
        print(
            f"{tool} adds {found[f'{tool}_ratio']:.0f} times what `grade` adds "
            f"({found[f'{tool}_cpu_ratio']:.0f} in CPU time)"
        )
    print(
        f"\n{'of ' + str(POINTS) + ' points':<28} deserved  " + "".join(f"{t:<26}" for t in TOOLS)
    )
    for name, row in found["bad"].items():
        print(f"{name:<28} {row['deserved']:>8}  " + "".join(f"{row[t]:<26}" for t in TOOLS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if running.missing():
        raise SystemExit(running.missing())
    # What a killed process leaves comes to this one, and so does its CPU time.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # nbgrader starts `alembic` by its name.
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    _, points = bare(HONEST)
    assert points == {s.name: s.deserved for s in HONEST}, points
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        bench = Bench(Path(name))
        load = [os.getloadavg()[0]]
        rounds = []
        for number in range(arguments.rounds):
            rounds.append(bench.round(number, arguments.rounds))
            load.append(os.getloadavg()[0])
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
        found = {**summary(rounds), "load": [round(x, 1) for x in load], "rounds": rounds}
        found["bad"] = {}
        for submission in BAD:
            row: dict[str, Any] = {"deserved": submission.deserved}
            for tool in TOOLS:
                ran, scores = bench.through(tool, {"mallory": submission})
                row[tool] = outcome(ran, scores["mallory"])
            found["bad"][submission.name] = row
            print(submission.name, row, file=sys.stderr, flush=True)
    if arguments.json:
        print(json.dumps(found, indent=1))
    else:
        show(found)


if __name__ == "__main__":
    main()
