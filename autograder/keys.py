"""What a component's score depends on, as a hash: equal keys, equal results.

A result is keyed by the submission, the suite and the environment. The suite's part is of one
component and of what it stands on, so a test that is put right in one component has that one
graded again, and those that stand on it, and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from autograder.course import Component, Course, hash_files, secret
from autograder.results import Result
from autograder.submissions import Functions, Handed, functions_of

# What every component's score depends on: our own code, and in these folders what is no component.
EVERYWHERE = ("autograder/*.py", "autograder/sandbox/*.py", "autograder/data/*.npz", "shared/*.py")
SHARED = ("shared/data/*", "autograder/mutants/*.py", "autograder/standins/*.py")
ROOMS = ("solutions/nn/*.py", "autograder/suites/*.py", "assignments/tests/*.py")


def component_key(
    course: Course, handed: Handed, component: Component, environment: Mapping[str, str]
) -> str:
    """The key of a component's result."""
    own = _hashes(course.root, course.settings, secret(), _frozen(functions_of(course)))
    names = [component.name, *course.stands_on(component)]
    parts = [handed.digest, own[""], *(own[name] for name in names), *sorted(environment.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def reusable(
    course: Course,
    handed: Handed,
    components: Iterable[Component],
    environment: Mapping[str, str],
    old: Result | None,
) -> dict[str, Result]:
    """The components' results of an earlier run that would be the same if graded again."""
    known = old["components"] if old is not None else {}
    return {
        c.name: known[c.name]
        for c in components
        if c.name in known
        and known[c.name].get("key") == component_key(course, handed, c, environment)
    }


def _frozen(functions: Functions) -> str:
    return json.dumps({name: sorted(found) for name, found in functions.items()})


@cache
def _hashes(root: Path, settings: str, salt: str, functions: str) -> dict[str, str]:
    """A hash for each component's own files and settings, and one, named "", for all others."""
    parts, released, _ = json.loads(settings)
    names = [part["name"] for part in parts]
    paths = [p for pattern in EVERYWHERE + SHARED + ROOMS for p in sorted(root.glob(pattern))]
    files: dict[str, list[Path]] = {name: [] for name in ["", *names]}
    for path in paths:
        name = path.stem.removeprefix("test_")
        ours = path.parent.name in ("nn", "suites", "tests", "mutants", "standins")
        if path.is_file():
            files[name if ours and name in files else ""].append(path)
    hashes = {
        part["name"]: hash_files(root, files[part["name"]], json.dumps(part)) for part in parts
    }
    about = f"{salt}{json.dumps([names, released])}{functions}"
    return {**hashes, "": hash_files(root, files[""], about)}
