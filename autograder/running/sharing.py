"""Results of components that many hand in alike: graded once, and given to all of them."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from autograder.intake.submissions import Handed
from autograder.records.results import Result

KEPT = 2000  # up to 1 KB each, packed


def key_of(component: str, files: Mapping[str, str], own: Sequence[str], handed: Handed) -> str:
    """A hash of all of a submission that a component's result depends on.

    Parameters
    ----------
    component : str
    files : mapping
        What its workers are given.
    own : sequence of str
        The components that it stands on, whether their files could be read or not.
    handed : Handed
    """
    paths = sorted({*files, *(f"nn/{name}.py" for name in (component, *own))})
    broken = {p: handed.broken[p].to_json() for p in paths if p in handed.broken}
    # A message names the line of a notebook, so the same code in another cell reads otherwise.
    origins = {p: repr(handed.origins[p]) for p in paths if p in handed.origins}
    told = json.dumps([component, files, broken, origins], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


class Shared:
    """The results last used, by key.

    They are held packed: a process is forked for each submission, and every object makes that
    dearer.
    """

    def __init__(self) -> None:
        self._results: OrderedDict[str, bytes] = OrderedDict()

    def known(self, keys: Mapping[str, str]) -> dict[str, Result]:
        """Of keys by component, the results that are there."""
        there = {name: key for name, key in keys.items() if key in self._results}
        for key in there.values():
            self._results.move_to_end(key)
        return {name: _unpack(self._results[key]) for name, key in there.items()}

    def keep(self, keys: Mapping[str, str], results: Iterable[tuple[str, Result]]) -> None:
        """Keep results by component; not one in which the kit itself failed."""
        for name, result in results:
            if all(test["verdict"] != "internal" for test in result["tests"]):
                self._results[keys[name]] = _pack(result)
        while len(self._results) > KEPT:
            self._results.popitem(last=False)


def _pack(result: Result) -> bytes:
    return zlib.compress(json.dumps(result).encode())


def _unpack(packed: bytes) -> Result:
    result: Result = json.loads(zlib.decompress(packed))
    return result
