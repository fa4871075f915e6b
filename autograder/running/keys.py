"""What a component's score depends on, as a hash: equal keys, equal results.

A result is keyed by the submission, the suite and the environment, and so is each component in it:
by its own tests and those of what it stands on, and by the files that it can reach. A test that is
put right in one component, or one file that is handed in anew, has that component graded again and
those that stand on it, and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from autograder.course import Component, Course
from autograder.intake.reach import reachable
from autograder.intake.submissions import Functions, Handed, functions_of
from autograder.records.results import Result
from autograder.running.sharing import key_of
from autograder.stamps import SCORED_BY, hash_files, secret


def component_key(
    course: Course, handed: Handed, component: Component, environment: Mapping[str, str]
) -> str:
    """The key of a component's result: of its tests and the environment, and of the code."""
    return f"{_suite_key(course, component, environment)} {_code_key(course, component, handed)}"


def reusable(
    course: Course,
    handed: Handed,
    components: Iterable[Component],
    environment: Mapping[str, str],
    old: Result | None,
) -> dict[str, Result]:
    """The components' results of an earlier run that would be the same if graded again."""
    if old is None or handed.problem is not None:
        return {}
    same = old["submission"]["hash"] == handed.digest
    found = {}
    for component in components:
        result = old["components"].get(component.name)
        suite, _, code = (result or {}).get("key", "").partition(" ")
        # What was handed in unchanged need not be looked into, which takes its time.
        if suite == _suite_key(course, component, environment) and (
            same or code == _code_key(course, component, handed)
        ):
            found[component.name] = result
    return found


def files_for(course: Course, component: Component, handed: Handed) -> dict[str, str]:
    """What a component's workers are given of a submission."""
    ours = course.package_files
    own = [component.name, *course.stands_on(component)]
    return {**reachable(own, {**handed.files, **ours}), **ours}


def _code_key(course: Course, component: Component, handed: Handed) -> str:
    files = files_for(course, component, handed)
    return key_of(component.name, files, course.stands_on(component), handed)[:32]


def _suite_key(course: Course, component: Component, environment: Mapping[str, str]) -> str:
    own = _hashes(course.root, course.settings, secret(), _frozen(functions_of(course)))
    names = [component.name, *course.stands_on(component)]
    parts = [own[""], *(own[name] for name in names), *sorted(environment.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _frozen(functions: Functions) -> str:
    return json.dumps({name: sorted(found) for name, found in functions.items()})


@cache
def _hashes(root: Path, settings: str, salt: str, functions: str) -> dict[str, str]:
    """A hash for each component's own files and settings, and one, named "", for all others."""
    parts, released, _ = json.loads(settings)
    names = [part["name"] for part in parts]
    paths = [p for pattern in SCORED_BY for p in sorted(root.glob(pattern))]
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
