"""A full disk, in a small file system in memory: a clear line, and nothing half-written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.authoring.variants import read_variants
from autograder.course import ROOT
from autograder.gradebook import writing

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed: apt-get install bubblewrap"
)

# Runs a command beside the small file system and says what is in that afterwards.
INSIDE = """
import json, pathlib, sqlite3, subprocess, sys
full = pathlib.Path(sys.argv[1])
done = subprocess.run(sys.argv[2:], capture_output=True, text=True)
files = [p for p in full.rglob("*") if p.is_file()]
said = {"status": done.returncode, "said": done.stderr, "files": [p.name for p in files]}
for path in files:
    if path.suffix == ".json":
        json.loads(path.read_text())  # whole
said["results"] = [p.stem for p in (full / "out" / "results").glob("*.json")]
book = full / "gradebook.db"
if book.exists():
    with sqlite3.connect(f"file:{book}?mode=ro", uri=True) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master")]
        said["tables"] = len(tables)
        if tables:
            said["check"] = db.execute("PRAGMA integrity_check").fetchone()[0]
            said["students"] = db.execute("SELECT count(*) FROM student").fetchone()[0]
            said["grades"] = db.execute("SELECT count(*) FROM grade").fetchone()[0]
print(json.dumps(said))
"""


def run_beside(full: Path, size: int, *command: str | Path) -> dict:
    """Run `python -m autograder` where the folder `full` holds `size` bytes and no more."""
    full.mkdir(exist_ok=True)
    done = subprocess.run(
        [
            *("bwrap", "--dev-bind", "/", "/", "--size", str(size), "--tmpfs", str(full)),
            *("--die-with-parent", sys.executable, "-c", INSIDE, str(full)),
            *(sys.executable, "-m", "autograder", *map(str, command)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("size", "students"), [(16_000, 0), (900_000, writing.BATCH)])
def test_a_gradebook_holds_whole_batches(made, tmp_path, size, students):
    for number in range(2 * writing.BATCH + 5):
        made.add(f"s{number:02}")
    full = tmp_path / "full"
    pages = ("--course-dir", tmp_path / "nbgrader")
    end = run_beside(full, size, "gradebook", made.out, full / "gradebook.db", *pages)
    assert end["status"] in (3, 4)
    assert "disk" in end["said"]
    assert end["said"].count("\n") == 1
    if students:
        assert end["check"] == "ok"
        assert 0 < end["students"] < 2 * writing.BATCH + 5
        assert end["students"] % writing.BATCH == 0
        assert end["grades"] == end["students"] * len(made.infos)
    else:
        assert end.get("tables", 0) == 0


def test_results_are_whole(small, tmp_path):
    component = small.component("weight_decay")
    for number, variant in enumerate(read_variants(component).wrong[:6]):
        path = tmp_path / "in" / f"s{number}" / "nn" / "weight_decay.py"
        path.parent.mkdir(parents=True)
        path.write_text(variant.source, encoding="utf-8")
    full = tmp_path / "full"
    grade = ("grade", tmp_path / "in", "--out", full / "out", "--component", component.name)
    end = run_beside(full, 130_000, *grade, "--jobs", "1")
    assert end["status"] == 4
    assert "No space left on device; nothing there was changed" in end["said"]
    assert "Traceback" not in end["said"]
    assert 0 < len(end["results"]) < 6
    assert not [name for name in end["files"] if name.endswith(".tmp")]
