"""The runner of a class, over a place that dies, forgets and counts."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import CancelledError, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from autograder.errors import GradingProblem
from autograder.intake.layouts import find_submissions
from autograder.running import classrun
from autograder.running.pool import Graded


class Fake:
    """A place for three at once that answers two at a time, the last sent first."""

    level = "kernel"
    lost = (BrokenProcessPool,)

    def __init__(self, killers: frozenset[str] = frozenset(), gone: str = "") -> None:
        self.killers, self.gone = killers, gone
        self.sent: Counter[str] = Counter()
        self.most = 0
        self.closed = False
        self._names: dict[Future[Graded], str] = {}

    def room(self) -> int:
        return 3

    def send(self, student: str, path: Path, known: object) -> Future[Graded]:
        self.sent[student] += 1
        future: Future[Graded] = Future()
        self._names[future] = student
        return future

    def wait(self, futures) -> set[Future[Graded]]:
        self.most = max(self.most, len(futures))
        names = [self._names[f] for f in futures]
        if self.killers & set(names):
            # As a pool of processes: all that is under way is lost with the one that did it.
            for future in futures:
                future.set_exception(BrokenProcessPool("died"))
            return set(futures)
        done = list(futures)[-2:]
        for future in done:
            student = self._names.pop(future)
            if student == self.gone:
                future.set_exception(CancelledError())
            else:
                future.set_result(Graded({"student": student, "graded": True}, {}))
        return set(done)

    def close(self) -> None:
        self.closed = True


def run(monkeypatch, course, tmp_path, names, place) -> dict[str, Graded]:
    for name in names:
        (tmp_path / "in" / name).mkdir(parents=True)
    monkeypatch.setattr(classrun, "_place", lambda *about: place)
    found = find_submissions(tmp_path / "in")
    components = course.select(["dropout"])
    graded = list(classrun.grade_class(course, components, found, tmp_path / "out", jobs=1))
    students = [g.result["student"] for g in graded]
    assert sorted(students) == sorted(set(students)), "nobody is graded twice"
    return dict(zip(students, graded, strict=True))


def test_a_class_of_any_size_is_sent_as_there_is_room(monkeypatch, course, tmp_path):
    names = [f"s{number:03}" for number in range(50)]
    place = Fake()
    graded = run(monkeypatch, course, tmp_path, names, place)
    assert list(place.sent) == names
    assert set(graded) == set(names)
    assert place.most == 3
    assert place.closed


def test_what_kills_its_process_again_is_ungraded_and_nobody_beside_it(
    monkeypatch, course, tmp_path
):
    names = [f"s{number:03}" for number in range(20)]
    killers = frozenset({"s004", "s005", "s019"})
    place = Fake(killers)
    graded = run(monkeypatch, course, tmp_path, names, place)
    assert set(graded) == set(names)
    assert {s for s, g in graded.items() if not g.result["graded"]} == killers
    assert all("died, twice" in graded[s].trouble for s in killers)
    assert all(place.sent[s] <= 2 for s in names)


def test_a_cluster_that_lets_go_ends_the_run_with_what_to_do(monkeypatch, course, tmp_path):
    place = Fake(gone="s001")
    with pytest.raises(GradingProblem, match="run the same command to go on"):
        run(monkeypatch, course, tmp_path, [f"s{number:03}" for number in range(5)], place)
    assert place.closed
