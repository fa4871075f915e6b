"""Building channels: the same bytes everywhere, whole or not at all, and no leak."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from autograder import channels
from autograder.course import ROOT, load_course
from autograder.errors import CourseProblem, UsageProblem


def build(*arguments: str | Path, cwd: Path, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "autograder", "release", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        **more,  # type: ignore[call-overload]
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_every_machine_builds_the_same_bytes(released, spoilable, tmp_path):
    # Another place, line ends of Windows, other times, umask, time zone, locale and hash seed.
    for path in spoilable.rglob("*"):
        if path.is_file() and path.suffix not in (".npz", ".mo"):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
            os.utime(path, (1e9, 1e9))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = build(
        *("--to", "all", "--out", tmp_path / "out"),
        cwd=elsewhere,
        umask=0o077,
        env={
            **os.environ,
            "PYTHONPATH": str(spoilable),
            "TZ": "Pacific/Kiritimati",
            "LC_ALL": "C",
            "PYTHONHASHSEED": "7",
        },
    )
    assert done.returncode == 0, done.stderr
    first, second = contents(released), contents(tmp_path / "out")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_only_what_was_asked_for_is_built(tmp_path):
    course = load_course()
    components = course.select(["standardize", "pool"])
    written = list(channels.release(course, components, ["bundle"], tmp_path))
    assert written == [tmp_path / "bundle" / f"{n}.zip" for n in ("pool", "standardize")]
    assert set(contents(tmp_path)) == {"bundle/pool.zip", "bundle/standardize.zip"}


class Spoilt:
    """A channel whose build ends otherwise than well, after it wrote something."""

    def __init__(self, error: BaseException | None, content: str = "") -> None:
        self.error = error
        self.content = content

    def build(self, course, components, out):
        (out / "a.py").write_text(self.content or "half of it")
        if self.error is not None:
            raise self.error
        return [out / "a.py"]

    def shown(self, file):
        assert file == PurePosixPath("a.py")
        return not self.content.startswith("# staff")


def release_spoilt(monkeypatch, out, channel):
    course = load_course()
    monkeypatch.setattr(channels, "load", lambda name: channel)
    return list(channels.release(course, course.components, ["bundle"], out))


@pytest.mark.parametrize(
    ("error", "raised"),
    [(KeyboardInterrupt(), KeyboardInterrupt), (OSError(28, "No space left"), UsageProblem)],
    ids=["interrupted", "disk full"],
)
def test_a_build_that_does_not_end_leaves_what_was_there(monkeypatch, tmp_path, error, raised):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "a.py").write_text("the old one")
    with pytest.raises(raised):
        release_spoilt(monkeypatch, tmp_path, Spoilt(error))
    assert contents(tmp_path) == {"bundle/a.py": b"the old one"}
    assert [p.name for p in tmp_path.iterdir()] == ["bundle"]


def test_what_a_channel_keeps_is_written_once(monkeypatch, tmp_path):
    first, second = Spoilt(None, "new"), Spoilt(None, "newer")
    second.KEPT = frozenset({"a.py"})
    assert release_spoilt(monkeypatch, tmp_path, first) == [tmp_path / "bundle" / "a.py"]
    assert release_spoilt(monkeypatch, tmp_path, second) == []
    assert contents(tmp_path) == {"bundle/a.py": b"new"}
    (tmp_path / "bundle" / "a.py").unlink()
    assert release_spoilt(monkeypatch, tmp_path, second)
    assert contents(tmp_path) == {"bundle/a.py": b"newer"}


def test_a_leak_that_only_the_channel_makes_is_refused(monkeypatch, tmp_path):
    region = (ROOT / "solutions" / "nn" / "standardize.py").read_text(encoding="utf-8")
    with pytest.raises(CourseProblem, match=r"a\.py:\d+ would show students the solution"):
        release_spoilt(monkeypatch, tmp_path, Spoilt(None, region))
    assert contents(tmp_path) == {}
    assert release_spoilt(monkeypatch, tmp_path, Spoilt(None, f"# staff\n{region}"))


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap for a small disk")
def test_a_full_disk_leaves_no_half_zip(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    command = (
        f"{sys.executable} -m autograder release pool conv --to bundle --out {out}; "
        f"echo status $?; ls -A {out}"
    )
    box = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--size", "204800", "--tmpfs", out]
    done = subprocess.run(
        [*box, "--", "sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "No space left on device" in done.stderr
    assert done.stdout == "status 4\n"


def plant(source: str, file: str) -> str:
    """A solution, in the form that the file holds code in."""
    if file.endswith(".md"):
        return f"\n```python\n{source}```\n"
    return source


@pytest.mark.parametrize(
    "file",
    [
        "shared/tool.py",
        "assignments/handouts/pool.md",
        "assignments/handouts/pool.ru.md",
        "assignments/conftest.py",
    ],
)
def test_a_planted_solution_stops_the_release(spoilable, tmp_path, file):
    source = (spoilable / "solutions" / "nn" / "pool.py").read_text(encoding="utf-8")
    (spoilable / file).parent.mkdir(exist_ok=True)
    with (spoilable / file).open("a", encoding="utf-8") as target:
        target.write(plant(source, file))
    course = load_course(spoilable)
    shown = re.escape(f"pool.zip/{file.removeprefix('assignments/')}")
    with pytest.raises(CourseProblem, match=rf"{shown}:\d+ would show students the solution"):
        list(channels.release(course, course.select(["pool"]), ["bundle"], tmp_path / "out"))
    assert contents(tmp_path / "out") == {}


def test_the_name_of_a_hidden_test_stops_the_release(spoilable, tmp_path):
    hidden = (spoilable / "autograder" / "suites" / "test_pool.py").read_text(encoding="utf-8")
    found = re.search(r"def (test_\w+)", hidden)
    assert found
    with (spoilable / "shared" / "errors.py").open("a") as target:
        target.write(f"# see {found[1]}\n")
    done = build("standardize", "--to", "bundle", "--out", tmp_path / "out", cwd=spoilable)
    assert done.returncode == 1
    assert "would show students the name of a hidden test of pool" in done.stderr
    assert contents(tmp_path / "out") == {}


def test_nothing_of_the_staff_is_in_a_students_zip(released):
    for path in (released / "bundle").glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            tops = {name.partition("/")[0] for name in archive.namelist()}
        assert not tops & {"autograder", "solutions", "course.toml", "docs", "grading.json"}
