"""`similar`: pairs of submissions that are alike beyond what everyone was given.

Components are compared one by one, by the fingerprints of `winnowing`. Those of the stub
are taken off, and those that many of the class have: idioms, or what the lecture showed. Of the
others a rare one weighs more than a frequent one. The share of a pair is the weight of what both
have, over the weight of what the smaller of the two has. No solution is looked at, save one that
everybody was given.

Nobody is compared with everybody. An index leads from a fingerprint to its holders; each submission
looks up its `RAREST` fingerprints that somebody else has too, and is compared with whoever holds
`HITS` of them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograder.course import Component, Course
from autograder.intake.layouts import find_submissions
from autograder.intake.submissions import Functions, functions_of, read_submission
from autograder.reports.winnowing import EMPTY, fingerprints

COMMON = 0.25  # what more than this part of the class has is nobody's own
COMMON_LEAST = 5  # holders, in a small class
SHARE = 0.5  # from here on a component of a pair is alike
FEWEST = 8  # shared fingerprints, some lines of code: less can be chance
RAREST = 24
HITS = 8  # counted from both sides
ALONE = 60  # submissions that are read in this process: others take a second to start
BLOCK = 1 << 21  # entries of the index that are followed at once

Hashes: TypeAlias = NDArray[np.uint64]
Prints: TypeAlias = Mapping[str, Mapping[str, Hashes]]  # component -> who -> fingerprints


@dataclass(frozen=True)
class Alike:
    """A component in which two submissions are alike."""

    component: str
    share: float
    weight: float  # of what both have; a fingerprint that only these two have weighs 1
    count: int  # fingerprints that both have


@dataclass(frozen=True)
class Pair:
    """Two submissions and where they are alike, the most alike component first."""

    first: str
    second: str
    alike: tuple[Alike, ...]

    @property
    def weight(self) -> float:
        """How much speaks for a common origin: what the list is sorted by."""
        return sum(a.weight * a.share for a in self.alike)


@dataclass(frozen=True)
class Findings:
    """What came of a class.

    `paths` leads from each submission to its place, by the students that it is of.
    """

    pairs: tuple[Pair, ...]
    paths: Mapping[str, Path]
    unread: tuple[str, ...]  # submissions in which nothing could be compared
    left_out: Mapping[str, frozenset[int]]  # by component: what was given, and what is common


def find_similar(
    course: Course,
    components: Sequence[Component],
    folder: Path,
    *,
    jobs: int = 1,
    common: float = COMMON,
    share: float = SHARE,
) -> Findings:
    """Compare the submissions of a folder.

    Parameters
    ----------
    course : Course
    components : sequence of Component
        What is compared.
    folder : path
        As `grade` takes it.
    jobs : int
        Processes that read and parse.
    common : float
        What more than this part of the class has is left out.
    share : float
        The least share of a component that counts as alike.

    Raises
    ------
    UsageProblem
        When there is nothing to compare.
    """
    paths = _by_submission(find_submissions(folder))
    names = [c.name for c in components]
    prints: dict[str, dict[str, Hashes]] = {name: {} for name in names}
    unread = []
    for who, found in _read(paths, names, functions_of(course), jobs):
        if not any(len(hashes) for hashes in found.values()):
            unread.append(who)
        for name, hashes in found.items():
            prints[name][who] = hashes
    given = {c.name: _given(course, c) for c in components}
    pairs, usual = compare(prints, given, common=common, share=share)
    left_out = {name: frozenset(given[name].tolist()) | usual[name] for name in names}
    return Findings(pairs, paths, tuple(sorted(unread)), left_out)


def compare(
    prints: Prints,
    given: Mapping[str, Hashes],
    *,
    common: float = COMMON,
    share: float = SHARE,
) -> tuple[tuple[Pair, ...], dict[str, frozenset[int]]]:
    """The pairs that are alike, the most alike first; and the common fingerprints by component."""
    found: dict[tuple[str, str], list[Alike]] = {}
    usual = {}
    for component, by_student in prints.items():
        index = _Index(by_student, given[component], common)
        usual[component] = index.common
        for first, second, alike in index.alike(component, share):
            found.setdefault((first, second), []).append(alike)
    pairs = [
        Pair(*key, tuple(sorted(alike, key=lambda a: -a.weight * a.share)))
        for key, alike in found.items()
    ]
    pairs.sort(key=lambda p: (-p.weight, p.first, p.second))
    return tuple(pairs), usual


class _Index:
    """The fingerprints of one component, and who holds each."""

    def __init__(self, by_student: Mapping[str, Hashes], given: Hashes, common: float) -> None:
        own = {w: np.setdiff1d(hashes, given) for w, hashes in sorted(by_student.items())}
        own = {who: hashes for who, hashes in own.items() if len(hashes)}
        self._who = list(own)
        count = max(len(own), 1)
        self._holder = np.repeat(np.arange(len(own)), [len(h) for h in own.values()])
        every = np.concatenate([np.empty(0, np.uint64), *own.values()])
        self._hashes, self._print, held = np.unique(every, return_inverse=True, return_counts=True)
        most = max(common * count, COMMON_LEAST)
        self.common = frozenset(self._hashes[held > most].tolist())
        # One that two have weighs 1, one that all have next to nothing, or nothing.
        weight = np.log1p(count / held) / np.log1p(count / 2)
        self._weight = np.where(held > most, 0.0, weight)
        self._held = np.where(held > most, 0, held)
        self._total = np.bincount(self._holder, self._weight[self._print], count)
        ends = np.cumsum([len(h) for h in own.values()])
        self._own = np.split(self._print, ends[:-1]) if len(own) else []

    def _candidates(self) -> Iterator[tuple[int, int]]:
        """Pairs of submissions that share rare fingerprints."""
        shared = np.flatnonzero(self._held[self._print] >= 2)
        prints, holders = self._print[shared], self._holder[shared]
        by_print = np.argsort(prints, kind="stable")
        start = np.searchsorted(prints[by_print], np.arange(len(self._hashes) + 1))
        # The first RAREST of each holder, in the order of how many hold them.
        order = np.lexsort((prints, self._held[prints], holders))
        begin = np.searchsorted(holders[order], holders[order])
        chosen = order[np.arange(len(order)) - begin < RAREST]
        seen: list[NDArray[np.int64]] = []
        for some in _blocks(chosen, self._held[prints[chosen]]):
            lengths = self._held[prints[some]]
            first = np.repeat(holders[some], lengths)
            inside = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
            second = holders[by_print[np.repeat(start[prints[some]], lengths) + inside]]
            pair = np.minimum(first, second) * len(self._who) + np.maximum(first, second)
            keys, times = np.unique(pair[first != second], return_counts=True)
            seen.append(np.stack([keys, times]))
        every = np.concatenate(seen, axis=1) if seen else np.empty((2, 0), np.int64)
        keys, place = np.unique(every[0], return_inverse=True)
        hits = np.bincount(place, every[1], len(keys))
        for key in keys[hits >= HITS].tolist():
            yield divmod(key, len(self._who))

    def alike(self, component: str, least: float) -> Iterator[tuple[str, str, Alike]]:
        """The pairs that are alike, and how far."""
        marked = np.zeros(len(self._hashes))  # the weights of the first one's fingerprints
        of = -1
        for first, second in self._candidates():
            if first != of:
                marked[:] = 0
                marked[self._own[first]] = self._weight[self._own[first]]
                of = first
            weights = marked[self._own[second]]
            weight = float(weights.sum())
            share = weight / float(min(self._total[first], self._total[second]))
            count = int(np.count_nonzero(weights))
            if share >= least and count >= FEWEST:
                yield self._who[first], self._who[second], Alike(component, share, weight, count)


def _blocks(chosen: NDArray[np.intp], lengths: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """The lookups in blocks whose lists of holders fit into memory."""
    begin, before = 0, 0
    ends = np.cumsum(lengths)
    while begin < len(chosen):
        end = max(int(np.searchsorted(ends, before + BLOCK)), begin + 1)
        yield chosen[begin:end]
        begin, before = end, int(ends[end - 1])


def _by_submission(found: Mapping[str, Path]) -> dict[str, Path]:
    """The students of a group handed in one thing: it is not alike with itself."""
    names: dict[Path, list[str]] = {}
    for student, path in found.items():
        names.setdefault(path, []).append(student)
    return {", ".join(sorted(who)): path for path, who in names.items()}


def _read(
    paths: Mapping[str, Path], names: Sequence[str], functions: Functions, jobs: int
) -> Iterator[tuple[str, dict[str, Hashes]]]:
    work = [(who, path, tuple(names), functions) for who, path in sorted(paths.items())]
    if jobs == 1 or len(work) <= ALONE:
        yield from map(_read_one, work)
        return
    # A syntax tree holds no cycles: looking for them would be a sixth of the time.
    spawn = get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn, initializer=gc.disable) as pool:
        yield from pool.map(_read_one, work, chunksize=8)


def _read_one(
    work: tuple[str, Path, tuple[str, ...], Functions],
) -> tuple[str, dict[str, Hashes]]:
    who, path, names, functions = work
    files = read_submission(who, path, functions).files
    found = {name: files.get(f"nn/{name}.py", "") for name in names}
    return who, {
        name: np.unique((fingerprints(text) if text else EMPTY).hashes)
        for name, text in found.items()
    }


def _given(course: Course, component: Component) -> Hashes:
    """What everybody was given: the stub, and the solution where it has been released."""
    paths = [component.stub]
    if component.name in course.released:
        paths.append(component.solution)
    texts = [path.read_text(encoding="utf-8") for path in paths if path.exists()]
    return np.concatenate([np.empty(0, np.uint64), *(fingerprints(t).hashes for t in texts)])
