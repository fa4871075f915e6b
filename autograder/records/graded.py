"""A graded folder, read back: what the report and the exports are made from."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageProblem
from autograder.records.results import FORMAT, Result

_KEYS = ("student", "graded", "points", "max_points", "problems", "components", "environment")


@dataclass(frozen=True)
class Timing:
    """What one test of one submission took."""

    student: str
    component: str
    test: str
    seconds: float


@dataclass(frozen=True)
class Folder:
    """What `grade` wrote; `unreadable` names result files that are damaged or of another format."""

    path: Path
    results: tuple[Result, ...]  # by student
    suite: Result
    timings: tuple[Timing, ...]
    unreadable: tuple[str, ...]


def read_folder(path: Path) -> Folder:
    """Read a folder that `grade --out` wrote.

    Raises
    ------
    UsageProblem
        When it is none.
    """
    if not (path / "results").is_dir():
        raise UsageProblem(
            f"{path} holds no results: name the folder that `grade --out` wrote, or grade first"
        )
    results, unreadable = [], []
    for file in sorted((path / "results").glob("*.json")):
        result = _result(file)
        if result is None:
            unreadable.append(f"results/{file.name}")
        else:
            results.append(result)
    if not results and not unreadable:
        raise UsageProblem(f"{path / 'results'} is empty: grade first")
    return Folder(path, tuple(results), _suite(path), _timings(path), tuple(unreadable))


def final_points(result: Result, component: str = "") -> float | None:
    """The points that count, of the whole or of one component; None where there are none to give.

    Not graded is not zero: a submission that the kit failed on has None, and so has a component
    that was not graded. What could not be read was graded, and has 0.
    """
    if not result["graded"]:
        return None
    if not component:
        return float(result["points"])
    if component in result["components"]:
        return float(result["components"][component]["points"])
    return 0.0 if unread(result) else None


def unread(result: Result) -> bool:
    """Whether nothing of what was handed in could be read."""
    return bool(result["graded"] and result["problems"] and not result["components"])


def most_points(folder: Folder, component: str = "") -> float:
    """The points that can be had; 0 for a component that nobody was graded in."""
    if not component:
        return max((float(r["max_points"]) for r in folder.results), default=0.0)
    graded = [r["components"][component] for r in folder.results if component in r["components"]]
    return max((float(c["max_points"]) for c in graded), default=0.0)


def _result(file: Path) -> Result | None:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return None
    return data if all(key in data for key in _KEYS) else None


def _suite(path: Path) -> Result:
    try:
        suite: Result = json.loads((path / "suite.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageProblem(
            f"{path / 'suite.json'} is missing: run the same `grade` again, which writes it"
        ) from None
    except (OSError, ValueError) as error:
        raise UsageProblem(
            f"{path / 'suite.json'} cannot be read ({error}): run the same `grade` again"
        ) from None
    return suite


def _timings(path: Path) -> tuple[Timing, ...]:
    """The times of the last run; none where it kept all results of an earlier one."""
    found = []
    try:
        with open(path / "timings.csv", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                seconds = float(row["seconds"])
                found.append(Timing(row["student"], row["component"], row["test"], seconds))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        raise UsageProblem(
            f"{path / 'timings.csv'} cannot be read: delete it, the times are left out then"
        ) from None
    return tuple(found)


def component_titles(folder: Folder) -> Mapping[str, str]:
    """Titles of the components that somebody was graded in, in the order of the course."""
    graded = {name for result in folder.results for name in result["components"]}
    about = folder.suite["components"]
    known = {name: str(about[name]["title"]) for name in about if name in graded}
    return {**known, **{name: name for name in sorted(graded - known.keys())}}
