"""Reading what students hand in: every layout, and nothing of an attack."""

from __future__ import annotations

import json
import os
import stat
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from autograder.errors import UsageProblem
from autograder.intake.archives import MAX_FILE
from autograder.intake.layouts import find_submissions
from autograder.intake.submissions import read_submission

NAMES = {"backprop": ("linear_forward",), "conv": ("conv2d_forward",)}
CODE = "x = 1\n"


def handed_in(tmp_path: Path, files: dict[str, str | bytes]) -> Path:
    folder = tmp_path / "anna"
    folder.mkdir(parents=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def sheet(ours: object) -> str:
    """A notebook with a function of `conv`, and metadata of ours."""
    cell = {"cell_type": "code", "metadata": {}, "source": "def conv2d_forward(x):\n    return x"}
    return json.dumps({"nbformat": 4, "cells": [cell], "metadata": {"expressml": ours}})


def zipped(tmp_path: Path, files: dict[str, str], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = tmp_path / "anna.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "files",
    [
        {"nn/backprop.py": CODE},
        {"backprop.py": CODE},
        {"homework/nn/backprop.py": CODE},
        {"a/b/backprop.py": CODE},
        {"nn/backprop.py": CODE, "backprop.py": CODE},
        {"nn/backprop.py": CODE, "notes.txt": "hello", "tests/test_backprop.py": "x"},
        {"nn/backprop.py": CODE, "__MACOSX/nn/._backprop.py": "junk"},
    ],
)
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_each_layout_gives_the_component(tmp_path, files, kind):
    if kind == "folder" and any("__MACOSX" in name for name in files):
        pytest.skip("only zips hold that")
    path = handed_in(tmp_path, files) if kind == "folder" else zipped(tmp_path, files)
    handed = read_submission("anna", path, NAMES)
    assert handed.problem is None
    assert handed.files["nn/backprop.py"] == CODE


def test_a_whole_package_comes_with_its_helpers(tmp_path):
    files = {"nn/__init__.py": "", "nn/backprop.py": CODE, "nn/tools/helpers.py": CODE}
    assert set(read_submission("anna", handed_in(tmp_path, files), NAMES).files) == set(files)


def test_two_differing_copies_are_an_error_that_names_both(tmp_path):
    path = handed_in(tmp_path, {"nn/backprop.py": "x = 1", "backprop.py": "x = 2"})
    problem = read_submission("anna", path, NAMES).problem
    assert problem is not None
    assert problem.id == "two-copies"
    assert set(problem.values.values()) == {"nn/backprop.py", "backprop.py"}


def test_two_packages_side_by_side_are_an_error(tmp_path):
    path = handed_in(tmp_path, {"old/nn/backprop.py": CODE, "new/nn/backprop.py": CODE})
    problem = read_submission("anna", path, NAMES).problem
    assert problem is not None
    assert problem.id == "two-copies"


@pytest.mark.parametrize(
    "name", ["Копия conv.ipynb", "Copy of conv.ipynb", "work/conv (1).ipynb", "lab4.ipynb"]
)
def test_a_notebook_without_name_or_metadata_is_known_by_its_functions(tmp_path, name):
    """As Colab hands it out, or a browser's second download."""
    handed = read_submission("anna", handed_in(tmp_path, {name: sheet(None)}), NAMES)
    assert "def conv2d_forward" in handed.files["nn/conv.py"]
    assert [note.id for note in handed.notes] == ["notebook-taken"]


def test_a_trial_beside_the_work_does_not_count(tmp_path):
    work = "def conv2d_forward(x):\n    return 2 * x\n"
    files = {"nn/conv.py": work, "trial.ipynb": sheet(None)}
    handed = read_submission("anna", handed_in(tmp_path / "file", files), NAMES)
    assert handed.files == {"nn/conv.py": work}
    assert not handed.broken
    both = {"conv.ipynb": sheet(None).replace("return x", "return 3 * x"), "b.ipynb": sheet(None)}
    handed = read_submission("anna", handed_in(tmp_path / "notebook", both), NAMES)
    assert "3 * x" in handed.files["nn/conv.py"]
    aside = {"conv/conv.ipynb": both["conv.ipynb"], "trials/b.ipynb": sheet(None)}
    handed = read_submission("anna", handed_in(tmp_path / "aside", aside), NAMES)
    assert "3 * x" in handed.files["nn/conv.py"]
    # Over a stub it is the work.
    stub = 'def conv2d_forward(x):\n    raise NotImplementedError("conv2d_forward")\n'
    files = {"nn/conv.py": stub, "Copy of conv.ipynb": sheet(None)}
    handed = read_submission("anna", handed_in(tmp_path / "stub", files), NAMES)
    assert "return x" in handed.files["nn/conv.py"]


@pytest.mark.parametrize("name", ["conv (1).py", "nn/conv(2).py", "work/conv (1).py"])
def test_a_second_download_counts_where_it_is_the_only_one(tmp_path, name):
    handed = read_submission("anna", handed_in(tmp_path / "one", {name: CODE}), NAMES)
    assert handed.files == {"nn/conv.py": CODE}
    both = {name: "x = 2\n", name.replace("(1)", "").replace("(2)", "").replace(" ", ""): CODE}
    handed = read_submission("anna", handed_in(tmp_path / "two", both), NAMES)
    assert handed.problem is None
    assert handed.files == {"nn/conv.py": CODE}


@pytest.mark.parametrize("top", ["", "work/"])
def test_copies_that_the_tests_kept_are_passed_over(tmp_path, top):
    files = {f"{top}nn/conv.py": CODE, f"{top}kept/conv.py": "x = 2\n", f"{top}kept/conv-1.py": ""}
    handed = read_submission("anna", handed_in(tmp_path, files), NAMES)
    assert handed.problem is None
    assert handed.files == {"nn/conv.py": CODE}


def test_an_empty_folder_is_a_submission_without_files(tmp_path):
    handed = read_submission("anna", handed_in(tmp_path, {}), NAMES)
    assert handed.problem is None
    assert not handed.files


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00x",
        b"x = '\xd0'",
        b"x = 1\0",
        b"\x89PNG\r\n",
        b"# coding: rot13\nk = 1",
        b"# coding: zlib\nx = 1",
        b"# coding: undefined\nx = 1",
        b"# coding: nonsense\nx = 1",
    ],
)
def test_a_file_that_is_no_text_is_named_and_the_rest_is_read(tmp_path, content):
    path = handed_in(tmp_path, {"nn/backprop.py": content, "nn/conv.py": CODE})
    handed = read_submission("anna", path, NAMES)
    assert handed.broken["nn/backprop.py"].id == "not-text"
    assert handed.files == {"nn/conv.py": CODE}


def test_a_declared_encoding_and_a_byte_order_mark_are_read(tmp_path):
    cyrillic = "# -*- coding: cp1251 -*-\ns = 'ёж'\n"
    files = {"nn/backprop.py": cyrillic.encode("cp1251"), "nn/conv.py": b"\xef\xbb\xbfx = 1\n"}
    handed = read_submission("anna", handed_in(tmp_path, files), NAMES)
    assert "ёж" in handed.files["nn/backprop.py"]
    assert handed.files["nn/conv.py"].lstrip("\ufeff") == CODE


@pytest.mark.parametrize(
    "name",
    [
        "../../outside/backprop.py",
        "/etc/backprop.py",
        "nn\\backprop.py",
        "C:/nn/backprop.py",
        "nn/back\u202eprop.py",
        "nn/back\nprop.py",
        "a/../nn/backprop.py",
    ],
)
def test_a_name_that_leaves_the_archive_refuses_it(tmp_path, name):
    problem = read_submission("anna", zipped(tmp_path, {name: CODE}), NAMES).problem
    assert problem is not None
    assert problem.id == "unsafe-zip"
    assert not (tmp_path.parent / "outside").exists()


def test_a_link_in_an_archive_refuses_it(tmp_path):
    path = tmp_path / "anna.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("nn/backprop.py")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    problem = read_submission("anna", path, NAMES).problem
    assert problem is not None
    assert problem.id == "unsafe-zip"


def test_a_link_in_a_folder_is_not_followed(tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("the reference")
    folder = handed_in(tmp_path, {"nn/conv.py": CODE})
    os.symlink(secret, folder / "nn" / "backprop.py")
    os.symlink(tmp_path, folder / "everything")
    handed = read_submission("anna", folder, NAMES)
    assert set(handed.files) == {"nn/conv.py"}


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 60])
def test_a_broken_zip_says_so(tmp_path, content):
    path = tmp_path / "anna.zip"
    path.write_bytes(content)
    problem = read_submission("anna", path, NAMES).problem
    assert problem is not None
    assert problem.id == "bad-zip"


def test_a_zip_that_was_cut_off_says_so(tmp_path):
    path = zipped(tmp_path, {"nn/backprop.py": CODE * 1000})
    path.write_bytes(path.read_bytes()[:-30])
    problem = read_submission("anna", path, NAMES).problem
    assert problem is not None
    assert problem.id == "bad-zip"


def test_an_encrypted_zip_says_so(tmp_path):
    path = zipped(tmp_path, {"nn/backprop.py": CODE})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        struct.pack_into("<H", data, at, struct.unpack_from("<H", data, at)[0] | 1)
    path.write_bytes(bytes(data))
    problem = read_submission("anna", path, NAMES).problem
    assert problem is not None
    assert problem.id == "bad-zip"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = zipped(tmp_path, {"nn/backprop.py": "#" * 50_000_000})
    assert path.stat().st_size < 100_000
    problem = read_submission("anna", path, NAMES).problem
    assert problem is not None
    assert problem.id == "too-large"
    assert problem.values["most"] == MAX_FILE


def named(tmp_path, name):
    """A zip with an entry of a name that zipfile would not write by itself."""
    path = tmp_path / "anna.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("nn/conv.py")
        entry.filename = name
        archive.writestr(entry, CODE)
    return path


@pytest.mark.parametrize("name", ["", "."])
def test_an_entry_without_a_name_refuses_the_archive(tmp_path, name):
    problem = read_submission("anna", named(tmp_path, name), NAMES).problem
    assert problem is not None
    assert problem.id == "unsafe-zip"


def test_damaged_compression_refuses_the_archive(tmp_path):
    path = zipped(tmp_path, {"nn/backprop.py": CODE * 100})
    data = bytearray(path.read_bytes())
    start = data.index(b"backprop.py") + len("backprop.py")
    data[start : start + 2] = b"\xff\xff"
    path.write_bytes(bytes(data))
    problem = read_submission("anna", path, NAMES).problem
    assert problem is not None
    assert problem.id == "bad-zip"


def test_a_folder_deeper_than_the_stack_is_refused(tmp_path):
    folder = handed_in(tmp_path, {"nn/backprop.py": CODE})
    # A path of that length can be made only step by step.
    here = os.open(folder, os.O_RDONLY)
    for _ in range(2_500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    problem = read_submission("anna", folder, NAMES).problem
    # As deep as it is, Python cannot remove it either.
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    assert problem is not None
    assert problem.id in ("unreadable", "too-many-files")


@pytest.mark.parametrize("name", [b"nn/\xff.py", b"nn/a\x1b[2J.py", "nn/a\u202e.py".encode()])
def test_a_file_whose_name_cannot_be_written_is_passed_over(tmp_path, name):
    folder = handed_in(tmp_path, {"nn/backprop.py": CODE})
    with open(os.path.join(os.fsencode(folder), name), "w") as file:
        file.write(CODE)
    handed = read_submission("anna", folder, NAMES)
    assert handed.problem is None
    assert set(handed.files) == {"nn/backprop.py"}


def test_what_cannot_be_opened_refuses_the_submission(tmp_path, monkeypatch):
    folder = handed_in(tmp_path, {"nn/backprop.py": CODE})

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    problem = read_submission("anna", folder, NAMES).problem
    assert problem is not None
    assert problem.id == "unreadable"


def test_two_spellings_of_one_name_are_two_copies(tmp_path):
    folder = handed_in(tmp_path, {"nn/backprop.py": CODE, "nn/\u0439.py": "1"})
    (folder / "nn" / "\u0438\u0306.py").write_text("2")
    problem = read_submission("anna", folder, NAMES).problem
    assert problem is not None
    assert problem.id == "two-copies"


@pytest.mark.parametrize(
    ("stamp", "release"),
    [
        ('{"suite": "0123456789abcdef"}', "0123456789abcdef"),
        ('{"suite": "\\ud800"}', ""),
        ('{"suite": "<b>\\u001b[2J"}', ""),
        ('{"suite": ["a"]}', ""),
        ("[" * 100_000, ""),
        ("\0", ""),
    ],
    ids=["hash", "surrogate", "markup", "list", "brackets", "NUL"],
)
def test_a_release_stamp_is_a_hash_or_nothing(tmp_path, stamp, release):
    folder = handed_in(tmp_path, {"nn/backprop.py": CODE, "tests/release.json": stamp})
    assert read_submission("anna", folder, NAMES).release == release


@pytest.mark.parametrize(
    ("files", "release"),
    [
        (
            {"nn/__init__.py": '"""A."""\n\n__release__ = "0.1.0 0123456789abcdef"\n'},
            "0123456789abcdef",
        ),
        ({"nn/__init__.py": '__release__ = "0.1.0 <b>"\n'}, ""),
        ({"nn/__init__.py": '__release__ = "0.1.0 é"\n'}, ""),
        ({"nn/__init__.py": '# "__release__ = "0.1.0 0123"'}, ""),
        ({"nn/__init__.py": ""}, ""),
        (
            {"conv.ipynb": sheet({"component": "conv", "release": "0123456789abcdef"})},
            "0123456789abcdef",
        ),
        ({"conv.ipynb": sheet({"component": "conv", "release": ["0"]})}, ""),
        ({"conv.ipynb": sheet({"release": "<b>"})}, ""),
        ({"conv.ipynb": sheet([])}, ""),
    ],
)
def test_what_is_handed_in_says_its_release(tmp_path, files, release):
    code = {} if "conv.ipynb" in files else {"nn/conv.py": CODE}
    assert read_submission("anna", handed_in(tmp_path, {**code, **files}), NAMES).release == release


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_stored_and_deflated_entries_are_read(tmp_path, method):
    problem = read_submission("anna", zipped(tmp_path, {"nn/backprop.py": CODE}, method), NAMES)
    assert problem.problem is not None
    assert problem.problem.id == "bad-zip"


def test_too_many_entries_are_refused(tmp_path):
    files = {f"nn/f{i}.py": "" for i in range(2_100)}
    problem = read_submission("anna", zipped(tmp_path, files), NAMES).problem
    assert problem is not None
    assert problem.id == "too-many-files"


def test_the_same_name_twice_is_refused(tmp_path):
    path = tmp_path / "anna.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("nn/backprop.py", "x = 1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("nn/backprop.py", "x = 2")
    problem = read_submission("anna", path, NAMES).problem
    assert problem is not None
    assert problem.id == "two-copies"


def test_the_hash_is_of_the_content_and_not_of_the_wrapping(tmp_path):
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    one = read_submission("anna", handed_in(tmp_path / "1", {"nn/backprop.py": CODE}), NAMES)
    two = read_submission("anna", zipped(tmp_path / "2", {"hw/nn/backprop.py": CODE}), NAMES)
    other = read_submission("anna", zipped(tmp_path, {"nn/backprop.py": CODE + "#"}), NAMES)
    assert one.digest == two.digest != other.digest


def test_submissions_are_found_by_name(tmp_path):
    for name in ("борис", "anna"):
        (tmp_path / name).mkdir()
    (tmp_path / "clara.zip").write_bytes(b"")
    (tmp_path / "readme.txt").write_text("no submission")
    (tmp_path / ".hidden").mkdir()
    assert list(find_submissions(tmp_path)) == ["anna", "clara", "борис"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p / "missing", "does not exist"),
        (lambda p: ((p / "file").write_text("") and p / "file") or p / "file", "is a file"),
        (lambda p: p, "holds no submission"),
        (lambda p: (p / "nn").mkdir() or p, "is one submission itself"),
        (
            lambda p: (p / "a").mkdir() or ((p / "a.zip").write_text("") and p) or p,
            "handed in twice",
        ),
    ],
)
def test_a_folder_that_cannot_be_graded_says_what_to_do(tmp_path, make, said):
    with pytest.raises(UsageProblem, match=said):
        find_submissions(make(tmp_path))


def test_an_archive_in_memory_is_never_unpacked_to_disk(tmp_path):
    path = zipped(tmp_path, {"nn/backprop.py": CODE})
    before = set(tmp_path.rglob("*"))
    read_submission("anna", path, NAMES)
    assert set(tmp_path.rglob("*")) == before
