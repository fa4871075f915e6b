"""Archives that unpack everywhere, and come out the same everywhere."""

from __future__ import annotations

import io
import zipfile

import pytest

from autograder.channels.archive import make_zip, read, read_folder
from autograder.course import load_course
from autograder.errors import CourseProblem


@pytest.fixture(scope="module")
def course():
    return load_course()


def test_nothing_of_the_machine_is_in_an_archive(course):
    made = make_zip(course, {"b/z.py": b"1", "a": b"2"}, programs=["a"])
    assert made == make_zip(course, {"a": b"2", "b/z.py": b"1"}, programs=["a"])
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        entries = archive.infolist()
        assert archive.comment.decode() == f"version {course.version} tests {course.suite_hash()}"
    assert [e.filename for e in entries] == ["a", "b/z.py"]
    assert [e.external_attr >> 16 for e in entries] == [0o100755, 0o100644]
    assert {(e.date_time, e.create_system) for e in entries} == {((1980, 1, 1, 0, 0, 0), 3)}


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["nn/aux.py"], "Windows refuses"),
        (["nn/CON"], "Windows refuses"),
        (["nn./a.py"], "Windows refuses"),
        (["nn/a.py "], "Windows refuses"),
        (["nn/a:b.py"], "not every system"),
        (["nn\\a.py"], "not every system"),
        (["nn/ё.py"], "not every system"),
        (["nn/a\n.py"], "not every system"),
        (["nn/conv.py", "nn/Conv.py"], "capitals alone"),
        (["../a.py"], "relative path"),
        (["/a.py"], "relative path"),
        (["a" * 121], "relative path"),
    ],
)
def test_a_name_that_does_not_unpack_everywhere_is_refused(course, names, why):
    with pytest.raises(CourseProblem, match=why):
        make_zip(course, dict.fromkeys(names, b""))


def test_texts_have_the_line_ends_of_unix_and_data_is_left_alone(tmp_path):
    (tmp_path / "a.py").write_bytes(b"1\r\n2\n")
    (tmp_path / "a.npz").write_bytes(b"1\r\n2\n")
    assert read(tmp_path / "a.py") == b"1\n2\n"
    assert read(tmp_path / "a.npz") == b"1\r\n2\n"


def test_a_link_is_refused(tmp_path):
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "b.py").symlink_to(tmp_path / "a.py")
    with pytest.raises(CourseProblem, match=r"b\.py is a link"):
        read_folder(tmp_path, tmp_path)


def test_a_folder_is_read_without_caches_and_hidden_files(tmp_path):
    for name in ("a.py", ".git/x", "b/.hidden", "b/__pycache__/c.pyc", "b/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert read_folder(tmp_path, tmp_path) == {"a.py": b"a.py", "b/c.py": b"b/c.py"}
