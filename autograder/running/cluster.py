"""Grade on the workers of a Dask cluster, beyond one machine.

Submissions travel as bytes; the kit does not, and a worker whose kit differs is refused. Only this
module and `dask_worker` import Dask, and only where a scheduler is named.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from autograder.course import Component, Course
from autograder.errors import GradingProblem, KitError, UsageProblem
from autograder.intake.parcels import pack
from autograder.records.results import Result
from autograder.running.dask_worker import Job, Kit, grade_there, kit_of, look_around, refuse_other
from autograder.running.pool import AHEAD, Graded

CONNECT = 15.0  # seconds to reach the scheduler
PATIENCE = 60.0  # seconds without any worker until the run is given up; a nanny needs a few
LOOK = 5.0  # seconds between looks at who is there
MOST_BYTES = 50_000_000  # of submissions under way: one of the largest, or a thousand usual ones

START = (
    "start one in the checkout on its machine: `.venv/bin/python -m dask worker {address}` "
    "(docs/scale.md)"
)


class Cluster:
    """The workers of a Dask cluster, those that join later too.

    Parameters
    ----------
    address : str
        The scheduler's.
    course, components, require
        As for `grade_class`.

    Raises
    ------
    UsageProblem
        When it is open to everyone, or Dask is not installed.
    GradingProblem
        When it cannot be reached, has no workers, or one of them differs.
    """

    def __init__(
        self, address: str, course: Course, components: Sequence[Component], require: str
    ) -> None:
        refuse_open(address)
        try:
            distributed: Any = import_module("distributed")
        except ImportError:
            raise UsageProblem(
                "--scheduler needs Dask: install what pyproject.toml names under `cluster`"
            ) from None
        if address.startswith("tls") and not _has_certificates(distributed):
            raise UsageProblem(
                f"{address} needs certificates: name them in Dask's configuration (docs/scale.md)"
            )
        # What it logs of a worker that died or a scheduler that went is said here, in a line.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self.lost: tuple[type[Exception], ...] = (BrokenExecutor, distributed.KilledWorker)
        self._address = address
        try:
            self._client = distributed.Client(address, timeout=CONNECT, set_as_default=False)
        except (OSError, ValueError, RuntimeError) as error:
            raise GradingProblem(
                f"no Dask scheduler answers at {address} ({error}): start it there, with the same "
                "certificates where the address is tls:// (docs/scale.md)"
            ) from None
        try:
            kit = kit_of(course)
            self.level = self._check_workers(kit, require)
        except BaseException:
            self._client.close()
            raise
        # Not pure: a submission that is sent again is graded again.
        self._executor: Executor = self._client.get_executor(pure=False)
        self._job = Job(kit, tuple(c.name for c in components), self.level, require)
        self._bytes = 0
        self._lock = threading.Lock()
        self._threads, self._looked, self._seen = 0, 0.0, time.monotonic()
        self._look()

    def room(self) -> int:
        """How many submissions may be under way."""
        if time.monotonic() - self._looked > LOOK:
            self._look()
        return 0 if self._bytes > MOST_BYTES else self._threads * AHEAD

    def send(self, student: str, path: Path, known: Mapping[str, Result]) -> Future[Graded]:
        """Send a submission's bytes to a worker, to another one when that dies."""
        parcel = pack(student, path)
        size = parcel.size
        with self._lock:
            self._bytes += size
        future = self._executor.submit(grade_there, self._job, parcel, known)
        future.add_done_callback(lambda _: self._forget(size))
        return future

    def wait(self, futures: Collection[Future[Graded]]) -> set[Future[Graded]]:
        """Those of the futures that are done; one at least.

        Raises
        ------
        GradingProblem
            When the scheduler is gone, or no worker was there for a minute.
        """
        while True:
            done = wait(futures, timeout=LOOK, return_when=FIRST_COMPLETED).done
            if done:
                return done
            self._look()
            if time.monotonic() - self._seen > PATIENCE:
                raise GradingProblem(
                    f"no worker is left at {self._address}: {START.format(address=self._address)}, "
                    "then run the same command to go on"
                )

    def close(self) -> None:
        """Let go of all that is under way."""
        self._client.close(timeout=CONNECT)

    def _forget(self, size: int) -> None:
        with self._lock:
            self._bytes -= size

    def _look(self) -> None:
        """See how many threads there are now."""
        self._looked = time.monotonic()
        try:
            self._threads = sum(self._client.nthreads().values())
        except Exception as error:
            # Which one depends on where in its reconnecting the client is.
            raise GradingProblem(
                f"the scheduler at {self._address} is gone ({type(error).__name__}): start the "
                "cluster anew, then run the same command to go on"
            ) from None
        if self._threads:
            self._seen = time.monotonic()

    def _check_workers(self, kit: Kit, require: str) -> str:
        """The level of isolation that all workers have; they must be what this machine is."""
        with contextlib.suppress(TimeoutError):
            self._client.wait_for_workers(1, timeout=CONNECT)
        answers = self._client.run(look_around, require, on_error="return")
        if not answers:
            raise GradingProblem(
                f"{self._address} has no worker: {START.format(address=self._address)}"
            )
        levels: dict[str, str] = {}
        for worker, answer in sorted(answers.items()):
            refuse_open(worker)
            if isinstance(answer, KitError):
                raise GradingProblem(f"worker {worker}: {answer}")
            if isinstance(answer, BaseException):
                raise GradingProblem(
                    f"worker {worker} cannot load the kit ({answer!r}): "
                    f"{START.format(address=self._address)}"
                )
            theirs, levels[worker] = answer
            refuse_other(worker, theirs, kit)
        if len(set(levels.values())) > 1:
            raise GradingProblem(
                "the workers isolate a student's code at different levels, and a score must not "
                f"depend on where it was made: {levels}. `python -m autograder doctor` says on "
                "each machine what is missing there"
            )
        return next(iter(levels.values()))


def refuse_open(address: str) -> None:
    """Refuse an address at which anybody on the network could have code run.

    Raises
    ------
    UsageProblem
    """
    try:
        parts = urlsplit(address)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in ("tcp", "tls") or not host or not port:
        raise UsageProblem(
            f"{address} is no address of Dask: tcp://127.0.0.1:8786, or tls://HOST:8786"
        )
    if scheme == "tcp" and not _is_loopback(host):
        raise UsageProblem(
            f"{address} is open to whoever reaches it, and Dask runs what it is sent: have it "
            "listen on 127.0.0.1 alone, or with TLS on tls:// (docs/scale.md)"
        )


def _has_certificates(distributed: Any) -> bool:
    return distributed.Security().get_connection_args("client").get("ssl_context") is not None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
