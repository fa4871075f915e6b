"""The house: what stands at the top, and that names resolve inside the checkout."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograder
import shared
from autograder.course import ROOT

TOP = {
    *("assignments", "solutions", "autograder", "shared", "tests", "docs", "benchmarks", ".ci"),
    *("requirements.txt", "README.md", "course.toml", "pyproject.toml", "Makefile"),
    *("CHANGELOG.md", ".gitignore"),
}

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines()]


def test_nothing_else_stands_at_the_top():
    assert {p.relative_to(ROOT).parts[0] for p in tracked()} <= TOP


def test_autograder_and_shared_are_those_of_the_checkout():
    # Both names are taken on the package index.
    for package in (autograder, shared):
        assert Path(package.__file__).is_relative_to(ROOT)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_page_names_only_what_exists(page):
    text = page.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:`|^    )make ([a-z]+)", text, re.M):
        assert f"\n{target}:" in makefile, target
    for path in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", text):
        assert (page.parent / path).exists(), path
    from autograder.cli import cli

    for name, rest in re.findall(r"python -m\s+autograder ([a-z]+)([^`\n]*)", text):
        assert name in cli.commands, name
        known = {option for p in cli.commands[name].params for option in p.opts} | {"--help"}
        used = set(re.findall(r" (--[a-z-]+)", rest.partition("#")[0]))
        assert used <= known, (name, used - known)


def test_every_ranged_dependency_is_locked():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    project = re.sub(r"^torch = .*$", "", project, flags=re.M)  # `make golden` alone wants it
    names = re.findall(r'"([a-z0-9-]+)>=', project)
    assert "numpy" in names
    for name in names:
        assert re.search(rf"^{name}==", lock, re.M), name


def test_a_command_works_from_another_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "list"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
