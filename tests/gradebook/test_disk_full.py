"""A full disk, in a small file system in memory: a clear line, and nothing half-written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.authoring.variants import read_variants
from autograder.cli import main
from autograder.course import ROOT, Component
from autograder.gradebook import writing

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is not installed: apt-get install bubblewrap"
)

# Runs a command beside the small file system, in which `out` may be there from an earlier run, and
# says what is in it afterwards.
INSIDE = """
import json, pathlib, shutil, sqlite3, subprocess, sys
full, earlier, left = map(pathlib.Path, sys.argv[1:4])
if earlier.exists():
    shutil.copytree(earlier, full / "out")
done = subprocess.run(sys.argv[4:], capture_output=True, text=True)
if left.name:
    shutil.copytree(full / "out", left)
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


def run_beside(
    full: Path, size: int, *command: str | Path, earlier: Path | None = None, left: str = ""
) -> dict:
    """Run `python -m autograder` where the folder `full` holds `size` bytes and no more.

    `earlier` is what `full / "out"` holds before, `left` where that is copied to afterwards.
    """
    full.mkdir(exist_ok=True)
    copied = (str(earlier or full / "nothing"), left)
    done = subprocess.run(
        [
            *("bwrap", "--dev-bind", "/", "/", "--size", str(size), "--tmpfs", str(full)),
            *("--die-with-parent", sys.executable, "-c", INSIDE, str(full), *copied),
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


def hand_in(folder: Path, component: Component, comment: str = "") -> None:
    for number, variant in enumerate(read_variants(component).wrong[:6]):
        path = folder / f"s{number}" / "nn" / f"{component.name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{variant.source}{comment}", encoding="utf-8")


def test_results_are_whole(small, tmp_path):
    component = small.component("weight_decay")
    hand_in(tmp_path / "in", component)
    full = tmp_path / "full"
    grade = ("grade", tmp_path / "in", "--out", full / "out", "--component", component.name)
    end = run_beside(full, 130_000, *grade, "--jobs", "1")
    assert end["status"] == 4
    assert "No space left on device; nothing there was changed" in end["said"]
    assert "Traceback" not in end["said"]
    assert 0 < len(end["results"]) < 6
    assert not [name for name in end["files"] if name.endswith(".tmp")]


def test_a_regrade_goes_on_when_there_is_room_again(small, tmp_path):
    component = small.component("weight_decay")
    hand_in(tmp_path / "in", component)
    out, full, left = tmp_path / "out", tmp_path / "full", tmp_path / "left"
    grade = ["grade", str(tmp_path / "in"), "--out", str(out), "--component", component.name]
    assert main([*grade, "--jobs", "1"]) == 0
    whole = {p.name: p.read_bytes() for p in (out / "results").iterdir()}
    hand_in(tmp_path / "in", component, "\n# anew\n")
    path = tmp_path / "in" / "s5" / "nn" / f"{component.name}.py"
    path.write_text(component.solution.read_text(encoding="utf-8"), encoding="utf-8")
    size = sum(-(-p.stat().st_size // 4096) * 4096 for p in out.rglob("*") if p.is_file())
    regrade = ("regrade", tmp_path / "in", "--out")
    end = run_beside(
        *(full, size + 60_000, *regrade, full / "out", "--jobs", "1"), earlier=out, left=str(left)
    )
    assert end["status"] == 4
    assert end["said"].count("No space left on device") == 1
    assert "Traceback" not in end["said"]
    assert sorted(end["results"]) == [f"s{n}" for n in range(6)]
    assert not [name for name in end["files"] if name.endswith(".tmp")]
    assert {p.name: p.read_bytes() for p in (left / "before" / "results").iterdir()} == whole
    assert main([*map(str, regrade), str(left), "--jobs", "1"]) == 0
    assert not (left / "before").exists()
    moved = (left / "moved.csv").read_text(encoding="utf-8").splitlines()
    assert moved[1:]
    assert all(line.startswith(("s5,", '"s5",')) for line in moved[1:])
