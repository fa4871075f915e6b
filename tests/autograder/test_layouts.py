"""The folders that a class comes in: nbgrader's and Gradescope's."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import UsageProblem
from autograder.intake.layouts import GRADESCOPE, find_submissions, passed_over

METADATA = """---
submission_101:
  :submitters:
  - :name: Anna Ivanova
    :sid: '17'
    :email: anna@example.org
  :created_at: 2024-09-02 10:00:00.000000000 Z
  :score: 3.0
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    tests:
    - {score: 1.0}
submission_102:
  :submitters:
  - :name: Борис
    :email: boris@example.org
  - :name: Clara
    :email: clara@example.org
submission_103:
  :submitters:
  - :name: "../../Eve/*"
    :email:
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    for number in (101, 102, 103, 104):
        (tmp_path / f"submission_{number}").mkdir()
    (tmp_path / GRADESCOPE).write_text(METADATA, encoding="utf-8")
    return tmp_path


def test_an_export_of_gradescope_is_by_student(export):
    found = {name: path.name for name, path in find_submissions(export).items()}
    assert found == {
        "anna@example.org": "submission_101",
        "boris@example.org": "submission_102",
        "clara@example.org": "submission_102",  # one group, a result for each
        "_.._Eve__": "submission_103",  # no path leads out of the results
        "submission_104": "submission_104",
    }


def test_two_submissions_of_one_student_are_refused(export):
    text = METADATA.replace("boris@", "anna@")
    (export / GRADESCOPE).write_text(text, encoding="utf-8")
    with pytest.raises(UsageProblem, match="handed in twice"):
        find_submissions(export)


@pytest.mark.parametrize("text", ["a: [", "\t: x", "&a [*a, *b]"])
def test_metadata_that_cannot_be_read_says_so(export, text):
    (export / GRADESCOPE).write_text(text)
    with pytest.raises(UsageProblem, match=r"cannot be read \("):
        find_submissions(export)


@pytest.mark.parametrize("text", ["[1, 2]", "", "submission_101: 3", "submission_101:\n  - 1"])
def test_metadata_of_another_kind_leaves_the_folders_names(export, text):
    (export / GRADESCOPE).write_text(text)
    assert "submission_101" in find_submissions(export)


def test_metadata_never_makes_an_object(export, tmp_path):
    (export / GRADESCOPE).write_text(f"!!python/object/apply:os.mkdir ['{tmp_path}/made']")
    find_submissions(export)
    assert not (tmp_path / "made").exists()


def test_a_course_of_nbgrader_is_read_from_submitted(tmp_path):
    for folder in ("source/conv", "submitted/anna/conv", "submitted/boris/conv", "release/conv"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()")
    assert list(find_submissions(tmp_path)) == ["anna", "boris"]
    assert list(find_submissions(tmp_path / "submitted")) == ["anna", "boris"]


def test_a_folder_of_notebooks_is_one_submission(tmp_path):
    (tmp_path / "notebooks").mkdir()
    with pytest.raises(UsageProblem, match="is one submission itself"):
        find_submissions(tmp_path)


def test_files_that_may_be_work_are_named(tmp_path):
    (tmp_path / "anna").mkdir()
    for name in ("boris.zip", "vera.RAR", "gleb.ipynb", "dina.py", "eva.tar.gz", ".x.py"):
        (tmp_path / name).write_text("")
    for name in ("handed_in.csv", "roster.csv", "README.md"):
        (tmp_path / name).write_text("")
    assert set(find_submissions(tmp_path)) == {"anna", "boris"}
    assert passed_over(tmp_path) == ["dina.py", "eva.tar.gz", "gleb.ipynb", "vera.RAR"]
