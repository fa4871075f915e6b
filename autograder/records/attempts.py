"""A student's attempts: each stays in `DIR/attempts/STUDENT/`, and one of them counts.

An attempt is what stood in the folder of submissions when it was graded: HASH.json holds its
result and when it was handed in, HASH.zip what was handed in, so that it can be graded again when
a test changes. `DIR/results/STUDENT.json` is the result of the attempt that counts.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.files import write_whole
from autograder.intake.archives import Unreadable, read_raw
from autograder.intake.handed_in import Times
from autograder.intake.submissions import Handed, functions_of, read_submission
from autograder.records.results import Result, read_result

FORMAT = 1
EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file in a zip: the same submission gives the same bytes


@dataclass(frozen=True)
class Attempt:
    """One submission that was graded.

    `code` holds a hash of what was handed in of each component, for those that were.
    """

    result: Result
    times: Times
    code: Mapping[str, str]

    @property
    def digest(self) -> str:
        digest: str = self.result["submission"]["hash"]
        return digest

    @property
    def suite(self) -> str:
        """The part of the result's key that is not the submission's."""
        key: str = self.result["key"]
        return key.partition(" ")[2]


def record(
    course: Course, out: Path, result: Result, path: Path, times: Times | None = None
) -> None:
    """Keep an attempt: what was handed in first, then its result.

    `times` is needed for one that is not there yet.
    """
    student, digest = result["student"], result["submission"]["hash"]
    before = _read(_place(out, student, digest, ".json"))
    if before is not None:
        code = before.code
        times = times.after(before.times) if times is not None else before.times
    elif times is not None:
        handed = read_submission(student, path, functions_of(course))
        if handed.digest != digest:
            return  # it was replaced while it was graded: the next run takes it up
        code = _code(course, handed)
        content = _zip(path) if handed.problem is None else None
        if content is not None:
            write_whole(_place(out, student, digest, ".zip"), content)
    else:
        return
    attempt = Attempt(result, times, code)
    if attempt != before:
        about: dict[str, Any] = {"format": FORMAT, **times.to_json(), "code": code}
        text = json.dumps({**about, "result": result}, indent=1, ensure_ascii=False) + "\n"
        write_whole(_place(out, student, digest, ".json"), text)


def attempts_of(out: Path, student: str) -> list[Attempt]:
    """A student's attempts, the one handed in first at the top."""
    found = [_read(path) for path in sorted((out / "attempts" / student).glob("*.json"))]
    return sorted((a for a in found if a is not None), key=lambda a: (a.times.last(), a.digest))


def earlier(out: Path, student: str, digest: str) -> Result | None:
    """The result that a submission of this hash had, else the one that counts at present."""
    attempt = _read(_place(out, student, digest, ".json"))
    return attempt.result if attempt is not None else read_result(out, student)


def was_graded(out: Path, student: str) -> bool:
    """Whether anything of a student's is there from an earlier run."""
    return (out / "results" / f"{student}.json").exists() or (out / "attempts" / student).exists()


def handed_in(out: Path, student: str, digest: str) -> Path | None:
    """What was handed in with an attempt, as a zip; None where it could not be read."""
    path = _place(out, student, digest, ".zip")
    return path if path.exists() else None


def _place(out: Path, student: str, digest: str, suffix: str) -> Path:
    return out / "attempts" / student / f"{digest}{suffix}"


def _read(path: Path) -> Attempt | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return None
    return Attempt(data["result"], Times.from_json(data), data["code"])


def _code(course: Course, handed: Handed) -> dict[str, str]:
    """A hash of each component's code, for those that a submission holds."""
    code = {}
    for name in course.names:
        path = f"nn/{name}.py"
        if path in handed.files:
            code[name] = hashlib.sha256(handed.files[path].encode()).hexdigest()[:16]
        elif path in handed.broken:
            code[name] = handed.digest
    return code


def _zip(path: Path) -> bytes | None:
    """What grading reads of a submission; None where a part is too large to be kept."""
    try:
        raw = read_raw(path)
    except Unreadable:
        return None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(raw.items()):
            if content is None:
                return None
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
