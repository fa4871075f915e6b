"""What is taken from notebooks that are handed in, and what is said of it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.intake.archives import MAX_NOTEBOOK
from autograder.intake.submissions import Handed, read_submission
from shared.definitions import needed, read_pieces
from shared.merge import merge
from shared.messages import message, render

NAMES = {"conv": ("conv2d_forward", "conv2d_backward"), "pool": ("max_pool2d_forward",)}
FORWARD = "def conv2d_forward(x):\n    return x, None"
BACKWARD = "def conv2d_backward(dy):\n    return dy"
STUB = "def conv2d_forward(x):\n    raise NotImplementedError('conv2d_forward')"
POOL = "def max_pool2d_forward(x):\n    return x"


def notebook(*cells: str, **top: Any) -> str:
    made = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Convolution"},
        *({"cell_type": "code", "metadata": {}, "outputs": [], "source": c} for c in cells),
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | top)


def hand_in(tmp_path: Path, files: dict[str, str | bytes], *, zipped: bool = False) -> Handed:
    if zipped:
        with zipfile.ZipFile(tmp_path / "anna.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return read_submission("anna", tmp_path / "anna.zip", NAMES)
    for name, content in files.items():
        path = tmp_path / "anna" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_submission("anna", tmp_path / "anna", NAMES)


def ids(handed: Handed) -> list[str]:
    return [note.id for note in handed.notes]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "files",
    [
        {"conv.ipynb": notebook(FORWARD)},
        {"notebooks/conv.ipynb": notebook(FORWARD)},
        {"hw/notebooks/conv.ipynb": notebook(FORWARD), "hw/nn/pool.py": POOL},
        {"conv/conv.ipynb": notebook(FORWARD), "pool/pool.ipynb": notebook(POOL)},
        {"hw 3.ipynb": notebook(FORWARD, metadata={"expressml": {"component": "conv"}})},
        {"conv.ipynb": notebook(FORWARD), "nn/conv.py": STUB},
        {"conv.ipynb": notebook(FORWARD), ".ipynb_checkpoints/conv.ipynb": notebook(STUB)},
        {"conv.ipynb": notebook(STUB, FORWARD), "conv (1).ipynb": notebook(BACKWARD)},
        {"conv.ipynb": notebook(STUB), "nn/conv.py": FORWARD},
        {"conv.ipynb": notebook(FORWARD), "nn/conv.py": f"'''Doc.'''\n\n{FORWARD}  # as there\n"},
        {"conv.ipynb": b"\xef\xbb\xbf" + notebook(FORWARD).encode()},
        {"conv.ipynb": notebook("print(1)"), "nn/conv.py": FORWARD},
        {"conv.ipynb": "{", "nn/conv.py": FORWARD},
    ],
)
def test_each_layout_gives_the_component(tmp_path, files, zipped):
    handed = hand_in(tmp_path, files, zipped=zipped)
    assert handed.problem is None
    assert not handed.broken
    assert FORWARD in handed.files["nn/conv.py"]
    if any("pool" in name for name in files):
        assert POOL in handed.files["nn/pool.py"]


def test_the_notes_say_what_was_taken(tmp_path):
    handed = hand_in(tmp_path, {"conv.ipynb": notebook(FORWARD, "print(1)", BACKWARD)})
    [note] = handed.notes
    assert note.values["names"] == "`conv2d_forward` [2], `conv2d_backward` [4]"


def test_of_two_definitions_the_last_is_graded_and_a_note_says_so(tmp_path):
    other = FORWARD.replace("None", "x")
    handed = hand_in(tmp_path, {"conv.ipynb": notebook(FORWARD, other)})
    assert other in handed.files["nn/conv.py"]
    note = next(n for n in handed.notes if n.id == "notebook-twice")
    assert (note.values["cells"], note.values["cell"]) == ("2, 3", 3)
    assert "notebook-twice" not in ids(
        hand_in(tmp_path, {"conv.ipynb": notebook(FORWARD, FORWARD)})
    )


def test_a_cell_that_is_no_python_costs_itself_alone(tmp_path):
    handed = hand_in(tmp_path, {"conv.ipynb": notebook(FORWARD, "x = 1\ndef conv2d_backward(:")})
    assert FORWARD in handed.files["nn/conv.py"]
    note = next(n for n in handed.notes if n.id == "notebook-syntax")
    assert (note.values["cell"], note.values["line"]) == (3, 2)


@pytest.mark.parametrize(
    "files",
    [
        {"conv.ipynb": notebook(FORWARD), "nn/conv.py": BACKWARD},
        {"conv.ipynb": notebook(FORWARD), "conv.py": "def conv2d_forward(:"},
        {"conv.ipynb": notebook(FORWARD), "nn/conv.py": b"\xff\xfe"},
        {"conv.ipynb": notebook(FORWARD), "notebooks/conv.ipynb": notebook(BACKWARD)},
    ],
)
def test_two_differing_copies_are_an_error_that_names_both(tmp_path, files):
    handed = hand_in(tmp_path, {**files, "nn/pool.py": POOL})
    problem = handed.broken["nn/conv.py"]
    assert problem.id == "two-copies"
    names = {name if name != "conv.py" else "nn/conv.py" for name in files}
    assert set(problem.values.values()) == names
    assert set(handed.files) == {"nn/pool.py"}, "the other component is graded"


def test_a_file_that_the_notebook_wrote_is_the_notebooks(tmp_path):
    old = merge("conv", None, needed(read_pieces(BACKWARD), NAMES["conv"]))
    files = {"conv.ipynb": notebook(FORWARD), "nn/conv.py": old}
    handed = hand_in(tmp_path, files)
    assert FORWARD in handed.files["nn/conv.py"]
    assert ids(handed) == ["notebook-taken", "notebook-newer"]
    edited = {**files, "nn/conv.py": old + "\n\ndef helper():\n    pass\n"}
    assert hand_in(tmp_path, edited).broken["nn/conv.py"].id == "two-copies"


@pytest.mark.parametrize(
    ("content", "id"),
    [
        (b"", "notebook-json"),
        (b"{", "notebook-json"),
        (b"[1, 2]", "notebook-json"),
        (b"\x89PNG", "notebook-json"),
        (notebook(FORWARD).encode("utf-16"), "notebook-json"),
        (b"[" * 100_000, "notebook-json"),
        (notebook(FORWARD, cells=7).encode(), "notebook-json"),
        (notebook(nbformat=3).encode(), "notebook-format"),
        (notebook(nbformat="\ud800").encode(), "notebook-format"),
        (b" " * MAX_NOTEBOOK + notebook(FORWARD).encode(), "notebook-large"),
        (notebook("x = 1\n" * 100_000).encode(), "notebook-code"),
        (notebook().encode(), "notebook-empty"),
        (notebook("print('no function')", cells=[3, {"cell_type": "code"}]).encode(),
         "notebook-empty"),
        (notebook("s = '\ud800'").encode(), "notebook-empty"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("zipped", [False, True])
def test_a_bad_notebook_says_what_to_do_and_the_rest_is_read(tmp_path, content, id, zipped):
    files = {"notebooks/conv.ipynb": content, "nn/pool.py": POOL}
    handed = hand_in(tmp_path, files, zipped=zipped)
    assert handed.broken["nn/conv.py"].id == id
    assert "conv.ipynb" in render(handed.broken["nn/conv.py"])
    assert set(handed.files) == {"nn/pool.py"}


def test_a_message_names_the_cell_and_its_line(tmp_path):
    handed = hand_in(tmp_path, {"conv.ipynb": notebook("import numpy as np", "\n" + FORWARD)})
    lines = handed.files["nn/conv.py"].splitlines()
    line = lines.index("    return x, None") + 1
    placed = handed.placed(message("raised", function="f", type="E", file="nn/conv.py", line=line))
    assert placed.values["file"] == "conv.ipynb [3] (`conv2d_forward`)"
    assert placed.values["line"] == 3
    unwritten = message("unfinished", function="f", file="nn/conv.py")
    assert handed.placed(unwritten).values["file"] == "conv.ipynb"
    elsewhere = message("unfinished", function="f", file="nn/pool.py")
    assert handed.placed(elsewhere) == elsewhere


def test_what_changes_the_result_changes_the_hash(tmp_path):
    one = hand_in(tmp_path, {"conv.ipynb": notebook(FORWARD)}).digest
    data = json.loads(notebook(FORWARD))
    data["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hi"}]
    assert hand_in(tmp_path, {"conv.ipynb": json.dumps(data)}).digest == one
    assert hand_in(tmp_path, {"conv.ipynb": notebook("", FORWARD)}).digest != one


def test_an_archive_full_of_large_notebooks_is_refused(tmp_path):
    path = tmp_path / "anna.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(7):
            archive.writestr(f"{number}.ipynb", b" " * (MAX_NOTEBOOK + 1))
    problem = read_submission("anna", path, NAMES).problem
    assert problem is not None
    assert problem.id == "too-large"
