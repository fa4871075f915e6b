"""The bundle: what a student unpacks, week after week, and what it never costs."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.channels import archive, bundle
from autograder.course import ROOT, load_course
from autograder.intake.submissions import functions_of, read_submission

WEEKS = ("backprop", "standardize", "conv", "pool")
COURSE = load_course()
NOT_ON_WINDOWS = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog")


def entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def unpack(path: Path, folder: Path) -> None:
    """As `unzip -o` does: whatever has the same name is overwritten."""
    with zipfile.ZipFile(path) as zipped:
        zipped.extractall(folder)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def pytest_in(
    folder: Path, *arguments: str, encoding: str = "", without: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run pytest there: in a console of an encoding, and without some modules of Python's."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
    if encoding:
        environment |= {"PYTHONUTF8": "0", "PYTHONIOENCODING": f"{encoding}:strict"}
    start = f"import runpy, sys; sys.modules.update(dict.fromkeys({without!r})); "
    start += "runpy.run_module('pytest', run_name='__main__', alter_sys=True)"
    return subprocess.run(
        [sys.executable, "-c", start, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding=encoding or "utf-8",
        check=False,
    )


def is_work(name: str) -> bool:
    """Whether a student writes in it."""
    found = re.fullmatch(r"(?:nn/(\w+)\.py|notebooks/(\w+?)(?:\.ru)?\.ipynb)", name)
    return found is not None and (found[1] or found[2]) in COURSE.names


@pytest.fixture(scope="module")
def zips(released: Path) -> dict[str, dict[str, bytes]]:
    return {path.stem: entries(path) for path in (released / "bundle").glob("*.zip")}


def test_there_is_a_zip_for_each_component_and_two_for_the_course(zips):
    assert set(zips) == {*COURSE.names, "whole-course", "course-update"}


def test_a_zip_holds_what_its_component_needs_and_nothing_of_the_others(zips):
    for name in COURSE.names:
        own = zips[name]
        assert {f"nn/{name}.py", f"tests/test_{name}.py", f"handouts/{name}.md"} <= own.keys()
        assert {"nn/__init__.py", "nn/types.py", "tests/release.json", "pytest.ini"} <= own.keys()
        assert {"README.md", "LICENSE", "requirements.txt", "conftest.py"} <= own.keys()
        assert {f"handouts/{name}.ru.md", "handouts/glossary.md"} <= own.keys()
        others = [o for o in COURSE.names if o != name]
        assert not [
            file
            for file in own
            for o in others
            if re.search(rf"(^|/)(test_)?{o}\.[\w.]+$", file) and not file.startswith("shared/")
        ]


def test_work_is_in_one_zip_alone_and_all_else_is_the_same_in_every_zip(zips):
    """So component zips can be unpacked in any order, each over work that has begun."""
    for one, other in itertools.combinations(COURSE.names, 2):
        for name in zips[one].keys() & zips[other].keys():
            assert not is_work(name), (one, other, name)
            assert zips[one][name] == zips[other][name], (one, other, name)
    for name in COURSE.names:
        assert f"nn/{name}.py" in filter(is_work, zips[name])


def test_the_update_is_the_course_without_what_students_write(zips):
    whole = zips["whole-course"]
    assert zips["course-update"] == {n: c for n, c in whole.items() if not is_work(n)}
    assert whole == {n: c for name in COURSE.names for n, c in zips[name].items()}


@pytest.mark.parametrize("order", list(itertools.permutations(WEEKS)), ids="-".join)
def test_weeks_unpacked_in_any_order_leave_the_work(released, tmp_path, order):
    edited = {}
    for week in order:
        unpack(released / "bundle" / f"{week}.zip", tmp_path)
        for name in filter(is_work, tree(tmp_path)):
            # Every week something is written in all that is there.
            edited[name] = edited.get(name, b"") + f"# written after {week}\n".encode()
            (tmp_path / name).write_bytes(edited[name])
    (tmp_path / "tests" / "test_mine.py").write_text("def test_mine():\n    pass\n")
    unpack(released / "bundle" / "course-update.zip", tmp_path)
    found = tree(tmp_path)
    assert {f"nn/{week}.py" for week in WEEKS} <= edited.keys()
    assert {name: found[name] for name in edited} == edited
    assert "tests/test_mine.py" in found
    update = entries(released / "bundle" / "course-update.zip")
    assert {n: c for n, c in found.items() if n not in edited and "mine" not in n} == update


def test_every_zip_is_stamped(zips):
    for files in zips.values():
        release = json.loads(files["tests/release.json"])
        assert release["version"] == COURSE.version
        assert release["suite"] == COURSE.suite_hash()


@pytest.mark.parametrize("kept", ["nn/", "notebooks/standardize.ru.ipynb", ""])
def test_what_is_handed_in_of_a_zip_says_its_release(released, tmp_path, kept):
    """The folder `nn` alone, a notebook alone, or everything."""
    unpack(released / "bundle" / "standardize.zip", tmp_path / "unpacked")
    with zipfile.ZipFile(tmp_path / "anna.zip", "w") as zipped:
        for name, content in tree(tmp_path / "unpacked").items():
            if name.startswith(kept):
                zipped.writestr(name, content)
    handed = read_submission("anna", tmp_path / "anna.zip", functions_of(COURSE))
    assert handed.problem is None
    assert handed.release == COURSE.suite_hash()


def test_a_notebook_goes_with_its_component_as_work():
    made = bundle.Maker(COURSE)
    made._generated["notebooks/pool.ipynb"] = b"{}"
    pool, conv = COURSE.component("pool"), COURSE.component("conv")
    assert made.theirs(pool)["notebooks/pool.ipynb"] == b"{}"
    assert "notebooks/pool.ipynb" not in {**made.common(conv), **made.own(conv)}
    assert "notebooks/pool.ipynb" not in {**made.common(pool), **made.own(pool)}


def test_data_goes_with_the_components_that_use_it():
    made = bundle.Maker(COURSE)
    made._data = {"shared/data/digits.npz": b"digits"}
    dropout, pool = COURSE.component("dropout"), COURSE.component("pool")
    assert "shared/data/digits.npz" not in made.common(dropout)
    made._generated["nn/dropout.py"] += b"\nfrom shared.data import load_mnist\n"
    assert made.common(dropout)["shared/data/digits.npz"] == b"digits"
    assert made.common(pool)["shared/data/digits.npz"] == b"digits"  # its pictures draw them


@pytest.mark.parametrize(
    ("lang", "encoding"), [("en", ""), ("ru", "cp866"), ("ru", "cp1251"), ("en", "cp437")]
)
def test_the_students_two_commands(released, tmp_path, lang, encoding):
    """Of Windows here are its consoles, its line ends and file names, and what its Python lacks."""
    folder = tmp_path / "Загрузки (1)" / "standardize"
    unpack(released / "bundle" / "standardize.zip", folder)
    windows = {"encoding": encoding, "without": NOT_ON_WINDOWS} if encoding else {}
    newline = "\r\n" if encoding else "\n"
    for path in folder.rglob("*") if encoding else ():
        if path.is_file() and path.suffix not in archive.BINARY:
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    stub = pytest_in(folder, "--lang", lang, **windows)
    assert stub.returncode == 1, stub.stderr
    assert ("not written yet" if lang == "en" else "ещё не написана") in stub.stdout
    assert "FAILURES" not in stub.stdout
    reference = (ROOT / "solutions" / "nn" / "standardize.py").read_text(encoding="utf-8")
    (folder / "nn" / "standardize.py").write_text(reference, encoding="utf-8", newline=newline)
    solved = pytest_in(folder, "--lang", lang, **windows)
    assert solved.returncode == 0, solved.stdout + solved.stderr
    about = "Points of the local tests" if lang == "en" else "Баллы за локальные тесты"
    earned = re.search(rf"{about}: ([\d.]+)/([\d.]+)\.", solved.stdout)
    assert earned
    assert earned[1] == earned[2]
    assert (folder / "kept" / "standardize.py").read_bytes() == reference.encode().replace(
        b"\n", newline.encode()
    )


@pytest.mark.parametrize("how", ["standardize", "whole-course", "replaced"])
def test_work_that_was_unpacked_over_comes_back(released, tmp_path, how):
    unpack(released / "bundle" / "standardize.zip", tmp_path)
    file = tmp_path / "nn" / "standardize.py"
    reference = (ROOT / "solutions" / "nn" / "standardize.py").read_text(encoding="utf-8")
    file.write_text(reference, encoding="utf-8")
    assert pytest_in(tmp_path).returncode == 0
    if how == "replaced":  # as a Mac's "Replace" of the folder by that of the next week does
        shutil.rmtree(tmp_path / "nn")
        unpack(released / "bundle" / "conv.zip", tmp_path)
        assert not file.exists()
    else:
        unpack(released / "bundle" / f"{how}.zip", tmp_path)
        assert file.read_text(encoding="utf-8") != reference
    again = pytest_in(tmp_path, "tests/test_standardize.py")
    assert again.returncode == 0, again.stdout
    assert "your work is back in it, from kept/standardize.py" in again.stdout
    assert file.read_text(encoding="utf-8") == reference


def test_a_test_that_an_older_release_does_not_know_says_what_to_do(released, tmp_path):
    unpack(released / "bundle" / "standardize.zip", tmp_path)
    path = tmp_path / "tests" / "release.json"
    release = json.loads(path.read_text(encoding="utf-8"))
    del release["components"]["standardize"]
    path.write_text(json.dumps(release), encoding="utf-8")
    done = pytest_in(tmp_path)
    assert done.returncode == 1
    assert "has no `standardize`: unpack the newest zip once more" in done.stdout
    assert "INTERNALERROR" not in done.stdout
