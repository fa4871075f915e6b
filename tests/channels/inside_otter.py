"""Run by `test_otter.py` inside the container: otter's own functions, in one process.

`otter.run.main` is what the command `otter run` calls, `otter.assign.main` what `otter assign`
calls. One process imports otter once.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import zipfile
from pathlib import Path

import nbformat
from otter.assign import main as assign
from otter.assign.assignment import Assignment
from otter.assign.notebook_transformer import NotebookTransformer
from otter.assign.tests_manager import AssignmentTestsManager
from otter.run import main as run

HOME = Path("/autograder")


def main(folder: Path, zipped: Path) -> None:
    for path in sorted((HOME / "handed").iterdir()):
        grade(path, zipped)
    plain = HOME / "plain.zip"
    without_plugin(zipped, plain)
    grade(HOME / "robber.ipynb", plain, "plain")
    for path in sorted((HOME / "masters").glob("*.ipynb")):
        cut(path)
    os.chdir(folder)
    for leak in sorted(folder.glob("leak-*.ipynb")):
        try:
            assign(str(leak), str(folder / leak.stem), no_run_tests=True)
        except Exception as error:
            (HOME / "out" / f"{leak.stem}.txt").write_text(str(error))


def grade(path: Path, zipped: Path, name: str = "") -> None:
    """What `otter run` writes, or the error with which it ends, in out/NAME."""
    out = HOME / "out" / (name or path.stem)
    out.mkdir(parents=True)
    submission = path / "weight_decay.ipynb" if path.is_dir() else path
    try:
        run(str(submission), autograder=str(zipped), output_dir=str(out), no_logo=True)
    except BaseException:
        (out / "error.txt").write_text(traceback.format_exc())
    (out / "ran").write_text(str((HOME / "ran").exists()))
    (HOME / "ran").unlink(missing_ok=True)


def without_plugin(zipped: Path, to: Path) -> None:
    """The same autograder, but otter grades on its own, as it does everywhere else."""
    with zipfile.ZipFile(zipped) as old, zipfile.ZipFile(to, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "otter_config.json":
                config = json.loads(content)
                assert config.pop("plugins")
                content = json.dumps(config).encode()
            new.writestr(entry, content)


def cut(master: Path) -> None:
    """A student's notebook, as `otter assign` makes it of a master."""
    assignment = Assignment(require_valid_keys=True)
    assignment.master, assignment.result = master, HOME / "cut"
    assignment.lang = "python"
    made = NotebookTransformer(assignment, AssignmentTestsManager(assignment)).transform_notebook(
        nbformat.read(master, as_version=4)
    )
    (HOME / "cut").mkdir(exist_ok=True)
    made.write_transformed_nb(HOME / "cut" / master.name, sanitize=True)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])  # as `python -m otter` in that folder does
    main(Path(sys.argv[1]), Path(sys.argv[2]))
