"""What `run_autograder` starts in Gradescope's container: grade one submission.

What is printed is for the staff alone (`stdout_visibility`), results.json is for the student.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.channels import kit
from autograder.channels.gradescope.report import Metadata, our_fault, read_metadata, report
from autograder.course import load_course
from autograder.errors import ExitCode, GradingProblem, KitError
from autograder.files import write_whole
from autograder.onethread import ONE_THREAD
from autograder.records.results import Result
from shared.language import LANGUAGES

HOME = Path("/autograder")


def main(arguments: Sequence[str]) -> int:
    """Grade what lies in /autograder/submission, or `--check` that this could be done."""
    os.environ.update(ONE_THREAD)
    try:
        config = kit.read_config()
        if "--check" in arguments:
            return _check(config)
        results = _grade(config)
    except KitError as error:
        print(f"OUR FAULT, not graded: {error}")
        results = our_fault(_language())
    except Exception:
        traceback.print_exc(file=sys.stdout)
        print("OUR FAULT, not graded: a fault of the program itself; please report these lines")
        results = our_fault(_language())
    if "--check" in arguments:
        return ExitCode.INTERNAL
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    write_whole(HOME / "results" / "results.json", text)
    return ExitCode.OK if "score" in results else ExitCode.INTERNAL


def _grade(config: kit.Config) -> Result:
    folder = HOME / "submission"
    if not folder.is_dir():
        raise GradingProblem(f"{folder} does not exist: Gradescope has put no submission there")
    metadata = _metadata()
    print(f"submission of {', '.join(metadata.students) or 'an unknown student'}")
    print(f"late: {'yes' if metadata.late else 'no'}; earlier submissions: {metadata.earlier}")
    result, suite = kit.grade_one(config, folder, HOME / "results" / "none")
    return report(result, suite, metadata, config.course.language)


def _language() -> str:
    try:
        return load_course().language
    except KitError:
        return LANGUAGES[0]


def _metadata() -> Metadata:
    data: Any = None
    try:
        data = json.loads((HOME / "submission_metadata.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"submission_metadata.json cannot be read ({error}): graded without it")
    return read_metadata(data)


def _check(config: kit.Config) -> int:
    from autograder.running.grader import Grader

    grader = Grader(config.course, config.components)
    print(f"the reference passes its tests; isolation {grader.box.level}")
    grader.close()
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
