"""Rosters: who is in the class, and which result is whose.

A roster is a CSV with a header. It may be a list of one's own, or what Canvas, Moodle or Gradescope
exports: the columns are found by their names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from autograder.errors import UsageProblem
from autograder.sheets import read_table

# Field of a person -> names of columns, in lower case, the best first.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "folder": ("folder", "submission"),
    "name": ("name", "full name", "student"),
    "first": ("first name", "given name"),
    "last": ("last name", "surname", "family name"),
    "sid": ("sis user id", "sid", "id number", "student id", "student number", "id"),
    "email": ("email", "email address", "e-mail"),
    "login": ("sis login id", "username", "login"),
    "section": ("section", "sections", "group", "groups"),
    "canvas": ("canvas id", "canvas user id"),
    "identifier": ("identifier",),
    "modified": ("last modified (grade)",),
}
BY = ("folder", "email", "login", "sid", "identifier", "name")  # what a result may be called after


@dataclass(frozen=True)
class Person:
    """One row of a roster; every value is a text, ids too."""

    folder: str = ""
    name: str = ""
    first: str = ""
    last: str = ""
    sid: str = ""
    email: str = ""
    login: str = ""
    section: str = ""
    canvas: str = ""
    identifier: str = ""  # Moodle's "Participant 123"
    modified: str = ""  # Moodle's "Last modified (grade)"

    @property
    def shown(self) -> str:
        """What to call somebody in a message: the name, and what tells two of one name apart."""
        name = self.name or f"{self.first} {self.last}".strip()
        key = next((k for k in (self.sid, self.email, self.login, self.folder) if k), "")
        return f"{name} ({key})" if name and key else name or key


@dataclass(frozen=True)
class Matched:
    """Who is who: `people` by the student of a result, and who is left on either side."""

    people: Mapping[str, Person]
    missing: tuple[Person, ...] = ()  # in the roster, without a result
    unknown: tuple[str, ...] = ()  # a result, and nobody in the roster
    doubtful: Mapping[str, str] = field(default_factory=dict)  # unknown, since two fit: which
    by_roster: bool = False


def stand_in(student: str) -> Person:
    """What is known of a student without a roster: what the submission was called."""
    email = student if "@" in student else ""
    return Person(folder=student, name=student, sid=student, email=email, login=student)


def read_roster(path: Path) -> list[Person]:
    """Read a roster.

    Raises
    ------
    UsageProblem
        When it cannot be read, or holds no column that a student can be known by.
    """
    try:
        rows = read_table(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageProblem(f"cannot read the roster {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageProblem(f"the roster {path} is not UTF-8: save it as CSV UTF-8") from None
    except ValueError as error:
        raise UsageProblem(f"the roster {path} cannot be read: {error}") from None
    names = {name.lower(): name for row in rows for name in row}
    columns = {
        field: next((names[c] for c in known if c in names), "") for field, known in COLUMNS.items()
    }
    if {"student", "id", "section"} <= names.keys():  # Canvas's: "ID" is its own number
        columns["canvas"] = columns["canvas"] or names["id"]
        columns["sid"] = names.get("sis user id", "")
    if not any(columns[field] for field in BY):
        known = ", ".join(sorted(c for field in BY for c in COLUMNS[field]))
        raise UsageProblem(
            f"the roster {path} has no column that a student can be known by; one of: {known}"
        )
    people = [_person(row, columns) for row in rows]
    # Canvas's second row, and rows of empty cells.
    return [p for p in people if p.shown and p.name.strip() != "Points Possible"]


def match(students: Sequence[str], roster: Iterable[Person] | None) -> Matched:
    """Find the person of each result; without a roster, make one up from its name.

    Raises
    ------
    UsageProblem
        When two results are of one person.
    """
    if roster is None:
        return Matched({student: stand_in(student) for student in students})
    roster = list(dict.fromkeys(roster))
    called: dict[str, list[Person]] = {}
    for person in roster:
        for key in _keys(person):
            called.setdefault(key, []).append(person)
    people: dict[str, Person] = {}
    unknown, doubtful = [], {}
    for student in students:
        found = called.get(_folded(student), [])
        if len(found) == 1:
            people[student] = found[0]
            continue
        unknown.append(student)
        if found:
            doubtful[student] = " or ".join(person.shown for person in found)
    of: dict[int, str] = {}
    for student, person in people.items():
        other = of.setdefault(id(person), student)
        if other != student:
            raise UsageProblem(
                f"the results of {other} and {student} are both of {person.shown}: remove one from "
                "the graded folder, or give the roster a column `folder`"
            )
    missing = tuple(person for person in roster if id(person) not in of)
    return Matched(people, missing, tuple(unknown), doubtful, by_roster=True)


def _keys(person: Person) -> set[str]:
    """All that a submission of this person may be called."""
    values = [getattr(person, field) for field in BY]
    values += [f"{person.first} {person.last}", f"{person.last} {person.first}"]
    last, comma, first = person.name.partition(", ")
    if comma:  # Canvas's "Last, First"
        values += [f"{first} {last}", f"{last} {first}"]
    if person.folder:  # said outright, and nothing else is guessed
        values = [person.folder]
    return {folded for folded in map(_folded, values) if folded}


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _person(row: Mapping[str, str], columns: Mapping[str, str]) -> Person:
    values = {f.name: row.get(columns[f.name], "") for f in fields(Person) if columns[f.name]}
    person = Person(**values)
    if not person.first and not person.last:
        last, comma, first = person.name.partition(", ")
        if not comma:
            first, _, last = person.name.rpartition(" ")
        return Person(**{**values, "first": first, "last": last})
    return person if person.name else Person(**{**values, "name": f"{person.first} {person.last}"})
