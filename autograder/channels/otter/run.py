"""What the plugin starts in an unpacked kit: grade a submission, or search what students get.

What is printed is for the staff. The answer is a file of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.authoring.leaks import find_leaks_in
from autograder.channels import kit
from autograder.channels.gradescope.report import Metadata, report
from autograder.channels.otter.master import points_of, questions_of
from autograder.errors import ExitCode, KitError
from autograder.files import write_whole
from autograder.onethread import ONE_THREAD
from autograder.running.suite import collect, files_of


def main(arguments: Sequence[str]) -> int:
    """``--grade FOLDER OUT.json`` or ``--search FOLDER``; the exit status."""
    os.environ.update(ONE_THREAD)
    try:
        config = kit.read_config()
        if arguments[0] == "--search":
            return _search(config, Path(arguments[1]))
        write_whole(Path(arguments[2]), json.dumps(_grade(config, Path(arguments[1]))))
    except KitError as error:
        print(f"OUR FAULT, not graded: {error}")
        return ExitCode.INTERNAL
    except Exception:
        traceback.print_exc(file=sys.stdout)
        print("OUR FAULT, not graded: a fault of the program itself; please report these lines")
        return ExitCode.INTERNAL
    return ExitCode.OK


def _grade(config: kit.Config, folder: Path) -> dict[str, Any]:
    """What is said of the whole, and under each question its tests as Gradescope has them."""
    (component,) = config.components
    infos = collect(files_of(config.components))
    result, suite = kit.grade_one(config, folder, Path("none").resolve())
    said = report(result, suite, Metadata(), config.course.language)
    graded = result["components"].get(component.name, {"tests": []})["tests"]
    shown = {test["test"]: s for test, s in zip(graded, said["tests"], strict=True)}
    questions: dict[str, list[Any]] = {name: [] for name in points_of(component, infos)}
    of_test = questions_of(component, infos)
    for info in infos:
        # Of a submission that cannot be read no test was run: the output says why.
        none = {"name": info.title, "score": 0, "max_score": info.points, "status": "failed"}
        test = shown.get(info.test, {**none, "output": ""})
        questions[of_test[info.test]].append(test)
    return {"output": said["output"], "questions": questions}


def _search(config: kit.Config, folder: Path) -> int:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    contents = ((path.relative_to(folder).as_posix(), path.read_bytes()) for path in files)
    leaks = find_leaks_in(config.course.components, contents)
    for leak in leaks:
        print(f"{leak.file}:{leak.line} would show students {leak.what}; nothing was written")
    return ExitCode.FAULTS if leaks else ExitCode.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
