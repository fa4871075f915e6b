"""What a class costs, and whether it grows with the class: on this machine, on a Dask cluster.

    python benchmarks/scale.py [--sizes 100 1000 10000] [--places local dask-1 dask-2]

A class is made of the mutants and variants of one small component, each submission with bytes of
its own, and graded by the command itself. Of each run: the time, the CPU time of every process that
took part, the peak memory of the coordinator. What starting costs is taken from a run of few
submissions and left out of the cost of one. The same class must have the same results everywhere.
10,000 submissions take half an hour of CPU time in each place; start it in the background.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.authoring.variants import read_variants  # noqa: E402
from autograder.course import load_course  # noqa: E402
from autograder.files import write_whole  # noqa: E402

FEW = 8  # submissions of the run that tells what starting costs; every process has one
PLACES = ("local", "dask-1", "dask-2")
PR_SET_CHILD_SUBREAPER = 36
LOOK = 0.1  # seconds between looks at the coordinator's memory


def measure(size: int, place: str, component: str, folder: Path) -> dict[str, Any]:
    """The figures of one run."""
    submissions, out = folder / f"in-{size}", folder / f"out-{size}-{place}"
    if not submissions.exists():
        make_class(submissions, size, component)
    load = os.getloadavg()[0]
    before = _cpu_of_children()
    with _cluster(place, folder) as scheduler:
        command = [sys.executable, "-m", "autograder", "grade", str(submissions)]
        command += ["--out", str(out), "--component", component, "--jobs", "2", *scheduler]
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        memory = 0
        while process.poll() is None:
            memory = max(memory, _peak(process.pid))
            time.sleep(LOOK)
        seconds = time.monotonic() - start
        said = process.stderr.read() if process.stderr else ""
    _reap()
    if process.returncode != 0:
        raise SystemExit(f"{place}, {size}: {said}")
    found, digest = _results(out)
    if found != size:
        raise SystemExit(f"{place}: {size} submissions have {found} results")
    return {
        "place": place,
        "size": size,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(_cpu_of_children() - before, 1),
        "coordinator_mb": round(memory / 1024),
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "digest": digest,
    }


def make_class(folder: Path, size: int, component: str) -> None:
    """Submissions by turns right and wrong, no two the same."""
    variants = read_variants(load_course().component(component))
    sources = [v.source for v in (*variants.right, *variants.wrong)]
    for number in range(size):
        path = folder / f"student-{number:06}" / "nn" / f"{component}.py"
        path.parent.mkdir(parents=True)
        text = f"{sources[number % len(sources)]}\n# {number}\n"
        path.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def _cluster(place: str, folder: Path) -> Iterator[list[str]]:
    """The options that name a cluster of as many workers as the place says, and that cluster."""
    if place == "local":
        yield []
        return
    workers = place.removeprefix("dask-")
    file = folder / f"scheduler-{time.monotonic_ns()}.json"
    with _dask("scheduler", "--port", "0", "--scheduler-file", str(file)):
        while not file.exists():
            time.sleep(LOOK)
        address = json.loads(file.read_text())["address"]
        options = ("--nthreads", "1", "--local-directory", str(folder))
        with _dask("worker", address, "--nworkers", workers, *options):
            yield ["--scheduler", address]


@contextlib.contextmanager
def _dask(*arguments: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _results(out: Path) -> tuple[int, str]:
    """How many results there are, and a hash of them all."""
    digest, found = hashlib.sha256(), 0
    for path in sorted((out / "results").glob("*.json")):
        digest.update(path.name.encode() + path.read_bytes())
        found += 1
    with open(out / "grades.csv", encoding="utf-8") as file:
        assert sum(1 for _ in file) == found + 1, "the table has a row for each"
    return found, digest.hexdigest()[:16]


def _peak(pid: int) -> int:
    """The most memory that a process has had, in kilobytes; 0 when it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _reap() -> None:
    """Wait for what was left by processes that were killed: its time counts too."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            time.sleep(LOOK)


def figures(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs with what one submission takes, starting left out."""
    start = {run["place"]: run for run in runs if run["size"] == FEW}
    for run in (run for run in runs if run["size"] != FEW):
        first, more = start[run["place"]], run["size"] - FEW
        run["cpu_ms_each"] = round(1e3 * (run["cpu_seconds"] - first["cpu_seconds"]) / more, 1)
        run["ms_each"] = round(1e3 * (run["seconds"] - first["seconds"]) / more, 1)
        run["a_second"] = round(run["size"] / run["seconds"], 2)
    for size in {run["size"] for run in runs}:
        digests = {run["digest"] for run in runs if run["size"] == size}
        assert len(digests) == 1, f"the results of {size} submissions depend on the place"
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--places", nargs="+", choices=PLACES, default=list(PLACES))
    parser.add_argument("--component", default="standardize")
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write the figures after each.")
    arguments = parser.parse_args()
    # What a killed process leaves comes to this one, and so does its CPU time.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    runs: list[dict[str, Any]] = []
    print(
        f"{'place':<8} {'size':>6} {'s':>8} {'a second':>9} {'CPU s':>8} {'ms each':>8} "
        f"{'CPU ms each':>11} {'coordinator':>11}  load"
    )
    with tempfile.TemporaryDirectory(prefix="scale-") as name:
        for size in [FEW, *sorted(arguments.sizes)]:
            for place in arguments.places:
                runs.append(measure(size, place, arguments.component, Path(name)))
                run = figures(runs)[-1]
                print(
                    f"{place:<8} {size:>6} {run['seconds']:>8} {run.get('a_second', ''):>9} "
                    f"{run['cpu_seconds']:>8} {run.get('ms_each', ''):>8} "
                    f"{run.get('cpu_ms_each', ''):>11} {run['coordinator_mb']:>8} MB  "
                    f"{run['load']}",
                    flush=True,
                )
                if arguments.json:
                    write_whole(arguments.json, json.dumps(runs, indent=1) + "\n")


if __name__ == "__main__":
    main()
