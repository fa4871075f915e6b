"""Grading on a real Dask cluster of two workers: the same results, whoever dies.

The cluster speaks TLS where there is an `openssl` to make its certificate.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from pathlib import Path

import cloudpickle
import pytest
from dask import config as dask_config
from distributed import Client

from autograder.authoring.variants import read_variants
from autograder.course import ROOT
from autograder.errors import GradingProblem, UsageProblem
from autograder.intake.layouts import find_submissions
from autograder.intake.parcels import Parcel
from autograder.running import cluster
from autograder.running.classrun import Graded, grade_class
from autograder.stamps import SECRET_VARIABLE

COMPONENT = "dropout"
WAIT = 120.0
# Dask tries a task again after one death of its worker; as it comes, after three.
FAILURES = {"distributed.scheduler.allowed-failures": "1"}
COMM = "distributed.comm"


@dataclass(frozen=True)
class Started:
    """A cluster: its scheduler's address, and the environment of whoever speaks with it."""

    address: str
    environment: dict[str, str]

    def pids(self) -> list[int]:
        """The processes of its workers."""
        with self.client() as client:
            return sorted(client.run(os.getpid).values())

    def client(self) -> Client:
        return Client(self.address, set_as_default=False)


@contextlib.contextmanager
def started(environment: dict[str, str], *arguments: str) -> Iterator[None]:
    """A command of Dask, with a group of processes of its own that is ended with it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"],
        cwd=ROOT,
        env=environment,
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


def until(found: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture(scope="module")
def dask(tmp_path_factory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("dask")
    file, scratch = folder / "scheduler.json", str(folder)
    tls = certificates(folder)
    protocol = "tls" if tls else "tcp"
    environment = {**os.environ, **in_environment({**FAILURES, **tls})}
    scheduler = ("scheduler", "--port", "0", "--scheduler-file", str(file))
    with dask_config.set(tls), started(environment, *scheduler, "--protocol", protocol):
        until(file.exists, "the scheduler did not start")
        address = json.loads(file.read_text())["address"]
        assert address.startswith(protocol)
        worker = ("worker", address, "--nthreads", "1", "--local-directory", scratch)
        with started(environment, *worker, "--nworkers", "2"):
            there = Started(address, environment)
            with there.client() as client:
                client.wait_for_workers(2, timeout=WAIT)
            yield there


def certificates(folder: Path) -> dict[str, str]:
    """Dask's settings of one certificate for all processes, which is its own authority."""
    if shutil.which("openssl") is None:
        return {}
    key, cert = str(folder / "key.pem"), str(folder / "cert.pem")
    make = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    make += ("-subj", "/CN=grading", "-keyout", key, "-out", cert)
    subprocess.run(make, check=True, capture_output=True)
    files = {"cert": cert, "key": key}
    roles = ("scheduler", "worker", "client")
    named = {f"{COMM}.tls.{role}.{kind}": files[kind] for role in roles for kind in files}
    return {**named, f"{COMM}.tls.ca-file": cert, f"{COMM}.require-encryption": "true"}


def in_environment(settings: dict[str, str]) -> dict[str, str]:
    names = {k: k.upper().replace(".", "__").replace("-", "_") for k in settings}
    return {f"DASK_{names[k]}": value for k, value in settings.items()}


def command(submissions: Path, out: Path, *more: str) -> list[str]:
    grade = ("-m", "autograder", "grade", str(submissions), "--out", str(out))
    return [sys.executable, *grade, "--component", COMPONENT, *more]


def results(out: Path) -> dict[str, bytes]:
    return {p.stem: p.read_bytes() for p in (out / "results").glob("*.json")}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory, course) -> Path:
    folder = tmp_path_factory.mktemp("class")
    variants = read_variants(course.component(COMPONENT))
    sources = [v.source for v in (*variants.right, *variants.wrong)]
    for number in range(24):
        path = folder / f"s{number:02}" / "nn" / f"{COMPONENT}.py"
        path.parent.mkdir(parents=True)
        path.write_text(f"{sources[number % len(sources)]}\n# {number}\n", encoding="utf-8")
    (folder / "broken.zip").write_bytes(b"no zip")
    (folder / "empty").mkdir()
    return folder


def test_a_worker_and_the_coordinator_may_be_killed(dask, handed_in, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    subprocess.run(command(handed_in, here), cwd=ROOT, check=True, capture_output=True)
    assert len(results(here)) == 26
    on_cluster = command(handed_in, there, "--scheduler", dask.address)
    workers = dask.pids()
    assert len(workers) == 2
    environment = dask.environment
    coordinator = subprocess.Popen(on_cluster, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        until(lambda: results(there), "nothing was graded")
        os.kill(workers[0], signal.SIGKILL)
        before = len(results(there))
        until(lambda: len(results(there)) > before + 2, "nothing was graded after a worker's death")
    finally:
        os.kill(coordinator.pid, signal.SIGKILL)
        coordinator.wait()
    first = results(there)
    assert 0 < len(first) < 26
    done = subprocess.run(
        on_cluster, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"{26 - len(first)} graded" in done.stderr
    assert f"{len(first)} kept" in done.stderr
    assert "Traceback" not in done.stderr
    assert results(there) == results(here)
    assert (there / "grades.csv").read_bytes() == (here / "grades.csv").read_bytes()
    assert not list(there.rglob(".*"))


def test_a_regrade_there_says_what_one_here_says(dask, handed_in, tmp_path):
    submissions, here, there = tmp_path / "in", tmp_path / "here", tmp_path / "there"
    for student in ("s00", "s01", "s23", "empty"):
        shutil.copytree(handed_in / student, submissions / student)
    subprocess.run(command(submissions, here), cwd=ROOT, check=True, capture_output=True)
    shutil.copytree(here, there)
    mistaken = submissions / "s23" / "nn" / f"{COMPONENT}.py"
    shutil.copy(mistaken, submissions / "s00" / "nn" / f"{COMPONENT}.py")
    regrade = [sys.executable, "-m", "autograder", "regrade", str(submissions), "--out"]
    said = [
        subprocess.run(
            [*regrade, str(out), *more],
            cwd=ROOT,
            env=dask.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        for out, more in ((here, []), (there, ["--scheduler", dask.address]))
    ]
    assert all("1 graded" in done.stderr and "3 kept" in done.stderr for done in said)
    assert "s00: 20 -> " in said[1].stdout
    assert said[1].stdout.splitlines()[:-1] == said[0].stdout.splitlines()[:-1]
    assert (there / "moved.csv").read_bytes() == (here / "moved.csv").read_bytes()
    assert results(there) == results(here)


def answer(job: object, parcel: Parcel, known: object) -> Graded:
    """What a worker does in place of grading."""
    if parcel.student == "kills":
        os.kill(os.getpid(), signal.SIGKILL)
    if parcel.student == "breaks":
        raise BrokenExecutor("a grading process died")
    return Graded({"student": parcel.student, "graded": True}, {})


def test_who_kills_its_worker_again_and_again_is_ungraded(dask, course, tmp_path, monkeypatch):
    names = ["a", "breaks", "c", "kills", "x", "y"]
    for name in names:
        (tmp_path / "in" / name).mkdir(parents=True)
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    monkeypatch.setattr(cluster, "grade_there", answer)
    graded = {
        g.result["student"]: g
        for g in grade_class(
            course,
            course.select([COMPONENT]),
            find_submissions(tmp_path / "in"),
            tmp_path / "out",
            jobs=1,
            scheduler=dask.address,
        )
    }
    assert sorted(graded) == names
    lost = [name for name in names if not graded[name].result["graded"]]
    assert lost == ["breaks", "kills"]
    assert all("died, twice" in graded[name].trouble for name in lost)


def test_a_worker_with_another_kit_is_refused(dask, handed_in, tmp_path):
    done = subprocess.run(
        command(handed_in, tmp_path / "out", "--scheduler", dask.address),
        cwd=ROOT,
        env={**dask.environment, SECRET_VARIABLE: "another"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.startswith("error: worker t")
    assert "hash of the kit, the reference and EXPRESSML_SECRET" in done.stderr
    assert "NumPy" not in done.stderr, "only what differs is named"
    assert done.stderr.count("\n") == 1
    assert not results(tmp_path / "out")


@pytest.mark.parametrize("address", ["tcp://10.0.0.7:8786", "tcp://0.0.0.0:1", "tcp://grader:8786"])
def test_an_address_that_is_open_to_the_network_is_refused(address):
    with pytest.raises(UsageProblem, match="is open to whoever reaches it"):
        cluster.refuse_open(address)


@pytest.mark.parametrize("address", ["", "127.0.0.1:8786", "http://127.0.0.1:1", "tcp://[::1"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(UsageProblem, match="is no address of Dask"):
        cluster.refuse_open(address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tcp://[::1]:1", "tls://grader:8786"])
def test_loopback_and_tls_are_taken(address):
    cluster.refuse_open(address)


def test_tls_without_certificates_is_refused(course):
    none = dict.fromkeys((f"{COMM}.tls.client.cert", f"{COMM}.tls.client.key"))
    with dask_config.set(none), pytest.raises(UsageProblem, match="needs certificates"):
        cluster.Cluster("tls://127.0.0.1:9", course, course.select([COMPONENT]), "kernel")


def test_a_scheduler_that_does_not_answer_is_named(course, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with pytest.raises(GradingProblem, match=r"no Dask scheduler answers at tcp://127.0.0.1:9 "):
        cluster.Cluster("tcp://127.0.0.1:9", course, course.select([COMPONENT]), "kernel")


def test_dask_is_imported_for_a_scheduler_only():
    code = (
        "import sys, autograder.commands.grade;"
        "import autograder.running.grading, autograder.running.classrun;"
        "sys.exit('distributed' in sys.modules or 'dask' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
