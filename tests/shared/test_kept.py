"""A student's work that a zip was unpacked over comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.kept import look_after
from shared.release import Release, digest

STUB = """\
def f(x):
    raise NotImplementedError("f")


def g(x):
    raise NotImplementedError("g")
"""
ONE = STUB.replace('raise NotImplementedError("f")', "return x")
TWO = ONE.replace('raise NotImplementedError("g")', "return 2 * x")
RELEASE = Release("1", "abc", {"conv": {"functions": {"f": {}, "g": {}}, "stub": digest(STUB)}})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "nn").mkdir()
    return tmp_path


def run_on(home: Path, text: str | None) -> str | None:
    """What is said when the tests run on a file; None where it is gone."""
    path = home / "nn" / "conv.py"
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8", newline="")
    said = look_after(home, "conv", RELEASE)
    return said.id if said is not None else None


def kept(home: Path) -> dict[str, str]:
    return {p.name: p.read_text(encoding="utf-8") for p in sorted((home / "kept").glob("*"))}


def now(home: Path) -> str:
    return (home / "nn" / "conv.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("zipped", [STUB, STUB.replace("\n", "\r\n"), None])
def test_the_work_comes_back(home, zipped):
    """Over it a zip was unpacked, perhaps on Windows, or a Mac has replaced the folder."""
    assert run_on(home, STUB) is None
    assert run_on(home, ONE) is None
    assert run_on(home, TWO) is None
    assert run_on(home, zipped) == "put-back"
    assert now(home) == TWO
    assert kept(home) == {"conv.py": TWO}


def test_the_stub_is_never_kept(home):
    assert run_on(home, STUB) is None
    assert run_on(home, STUB + "# of an older release\n") is None
    assert not (home / "kept").exists()


def test_begun_anew_after_the_copy_is_deleted(home):
    run_on(home, TWO)
    (home / "kept" / "conv.py").unlink()
    assert run_on(home, STUB) is None
    assert now(home) == STUB


def test_what_was_lost_without_a_test_run_is_not_overwritten(home):
    """The stub came over the work, and was written in before any test saw it."""
    run_on(home, TWO)
    assert run_on(home, ONE) is None
    assert kept(home) == {"conv-1.py": TWO, "conv.py": ONE}
    assert run_on(home, TWO) is None
    assert run_on(home, STUB) == "put-back"
    assert run_on(home, ONE) is None
    assert kept(home) == {"conv-1.py": TWO, "conv-2.py": TWO, "conv.py": ONE}


def test_what_is_no_python_is_neither_kept_nor_put_back(home):
    """A check says that it is to be mended or deleted."""
    run_on(home, TWO)
    broken = TWO + "def broken(:\n"
    assert run_on(home, broken) is None
    assert now(home) == broken
    assert kept(home) == {"conv.py": TWO}


def test_notes_in_a_file_without_a_function_are_not_lost(home):
    run_on(home, TWO)
    notes = "# what I think of it\n" + STUB
    assert run_on(home, notes) == "put-back"
    assert now(home) == TWO
    assert kept(home) == {"conv-1.py": notes, "conv.py": TWO}


def test_a_folder_that_cannot_be_written_to_is_no_matter(home, monkeypatch):
    def refuse(*arguments: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("shared.kept.write_whole", refuse)
    assert run_on(home, TWO) is None
    (home / "kept").write_text("a file of the student's")
    assert run_on(home, TWO) is None
