"""The command line, run as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import write_po

from autograder import commands
from autograder.authoring.translations import read
from autograder.course import ROOT


def run(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "autograder", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", commands.NAMES)
def test_every_command_has_examples_in_its_help(command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"python -m autograder {command}" in done.stdout


def test_help_loads_nothing_heavy():
    heavy = ("numpy", "pytest", "nbgrader", "otter", "matplotlib", "jinja2", "pandas")
    code = (
        "import sys; from autograder.cli import main; status = main(['--help']); "
        f"print([m for m in {heavy!r} if m in sys.modules], status, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[] 0"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grate"], "did you mean grade"),
        (["grade"], "Missing argument"),
        (["grade", "there"], "Missing option '--out'"),
        (["grade", "no/such/folder", "--out", "build/x"], "does not exist"),
        (["grade", "docs", "--out", "build/x", "--component", "backprob"], "did you mean backprop"),
        (["grade", "docs", "--out", ""], "'--out': it is empty"),
        (["export", "", "--to", "csv"], "'DIR': it is empty"),
        (["verify", "backprob"], "did you mean backprop"),
        (["audit", "backprob"], "did you mean backprop"),
        (["new", "random"], "no module of the standard library"),
        (["new", "backprop"], "is in course.toml already"),
        (["new", "two words"], "cannot name a component"),
        (["list", "--yaml"], "No such option"),
        (["release", "--to", "bundel", "--out", "build/x"], "did you mean bundle"),
        (["release", "--to", "bundle"], "--to CHANNEL and --out DIR go together"),
        (["release", "--to", "bundle", "--out", "build/x", "--check"], "does not go with --to"),
        (["release", "conv"], "names go with --to"),
        (["release", "convv", "--to", "bundle", "--out", "build/x"], "did you mean conv"),
    ],
)
def test_wrong_use_is_one_line_and_status_4(arguments, said):
    done = run(*arguments)
    assert done.returncode == 4
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_list_counts_the_tests():
    rows = json.loads(run("list", "--json").stdout)
    assert [row["name"] for row in rows][:1] == ["backprop"]
    for row in rows:
        assert row["local_points"] > row["hidden_points"] > 0
        assert all(file["exists"] for file in row["files"].values())


def test_release_check_only_compares(spoilable):
    stub = spoilable / "assignments" / "nn" / "backprop.py"
    assert run("release", "--check", cwd=spoilable).returncode == 0
    stub.write_text("edited")
    done = run("release", "--check", cwd=spoilable)
    assert done.returncode == 1
    assert "out of date: assignments/nn/backprop.py" in done.stdout
    assert stub.read_text() == "edited"
    assert "wrote assignments/nn/backprop.py" in run("release", cwd=spoilable).stdout
    assert stub.read_text() == (ROOT / "assignments" / "nn" / "backprop.py").read_text()


def test_doctor_reports_the_level_as_json():
    done = run("doctor", "--json")
    found = {line["what"]: line for line in json.loads(done.stdout)}
    assert {"Python", "numpy", "BLAS", "isolation"} <= set(found)
    assert done.returncode == (0 if found["isolation"]["ok"] else 1)


def translate(root):
    """Fill in whatever lacks a translation."""
    for path in (root / "autograder" / "locale").rglob("*.po"):
        catalog = read(path, "ru")
        for message in catalog:
            if message.fuzzy or not message.string:
                message.string = f"По-русски: {message.id}"
                message.flags.discard("fuzzy")
        with path.open("wb") as file:
            write_po(file, catalog)


def test_a_new_component_only_lacks_what_its_author_must_write(spoilable):
    done = run("new", "leaky_relu", "--title", "Leaky ReLU", cwd=spoilable)
    assert done.returncode == 0, done.stderr
    done = run("verify", "leaky_relu", cwd=spoilable)
    assert done.returncode == 1
    faults = done.stderr.splitlines()
    assert len(faults) >= 5
    assert all("left to the author" in line for line in faults), done.stderr
    written = [
        *spoilable.rglob("leaky_relu.py"),
        *spoilable.rglob("leaky_relu*.md"),
        *spoilable.rglob("test_leaky_relu.py"),
    ]
    for path in written:
        path.write_text(path.read_text().replace("TO WRITE", "Written"))
    assert run("release", cwd=spoilable).returncode == 0
    done = run("verify", "leaky_relu", cwd=spoilable)
    assert "leaky_relu_forward: equals the definition': not translated" in done.stderr
    assert run("translations", cwd=spoilable).returncode == 1
    translate(spoilable)
    assert run("translations", cwd=spoilable).returncode == 0
    done = run("verify", "leaky_relu", cwd=spoilable)
    assert done.returncode == 0, done.stderr
    done = run("audit", "leaky_relu", cwd=spoilable)
    assert done.returncode == 0, done.stdout


def test_the_audit_reports_a_test_that_catches_nothing(spoilable):
    run("new", "leaky_relu", cwd=spoilable)
    mutants = spoilable / "autograder" / "mutants" / "leaky_relu.py"
    survivor = '''

@wrong("too-subtle", caught_by="test_leaky_relu_forward_worked_example")
def leaky_relu_forward(x):
    """Right but for very large numbers."""
    return np.where(x > 1e9, 0.0, 2 * x), None


@right("refused")
def leaky_relu_backward(dy, cache):
    """Called right, and wrong."""
    return 3 * dy
'''
    text = mutants.read_text()
    mutants.write_text(text.replace("\nEQUIVALENT", f"{survivor}\n\nEQUIVALENT"))
    done = run("audit", "leaky_relu", "--json", cwd=spoilable)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)["components"]["leaky_relu"]
    assert found["wrong"] == found["caught"] + 1
    assert found["right"] == found["accepted"] + 1
    assert any(s.startswith("too-subtle") for s in found["survivors"])
    assert any(s.startswith("refused") for s in found["refused"])
