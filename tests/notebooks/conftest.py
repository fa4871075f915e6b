"""Student's folders with notebooks, and how a test fills, runs and reads them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autograder.course import ROOT, load_course
from shared.definitions import join, needed, read_pieces


@pytest.fixture
def student(tmp_path: Path) -> Path:
    """An unpacked bundle, in a folder whose name is not ASCII."""
    folder = tmp_path / "Ёлкина ML"
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "assignments", folder, ignore=ignore)
    shutil.copytree(ROOT / "shared", folder / "shared", ignore=ignore)
    return folder


class Books:
    """Notebooks as files: read, fill in, write."""

    @staticmethod
    def load(path: Path) -> dict[str, Any]:
        return json.loads(path.read_text(encoding="utf-8"))

    @staticmethod
    def save(path: Path, notebook: Mapping[str, Any]) -> None:
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")

    @staticmethod
    def stubs(notebook: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """The stub cells by the function that they are for."""
        ours = ((cell["metadata"].get("expressml", {}), cell) for cell in notebook["cells"])
        return {about["name"]: cell for about, cell in ours if about.get("kind") == "stub"}

    def fill(self, notebook: dict[str, Any], component: str) -> dict[str, str]:
        """Write the reference into the stub cells; what each function's cell then holds."""
        sources = _reference_cells(component)
        for name, cell in self.stubs(notebook).items():
            cell["source"] = sources[name]
        return sources


@pytest.fixture(scope="session")
def books() -> Books:
    return Books()


def _reference_cells(component: str) -> dict[str, str]:
    """For each function what a student would write into its cell: the reference, with helpers."""
    source = load_course().component(component).solution.read_text(encoding="utf-8")
    pieces = read_pieces(source)
    public = {n for p in pieces if p.is_block for n in p.defines if not n.startswith("_")}
    cells: dict[str, str] = {}
    written: set[str] = set()
    for name in [n for p in pieces for n in p.defines if n in public]:
        parts = needed(pieces, [name])
        own = [p for p in parts if name in p.defines or not p.defines & (public | written)]
        written |= {n for p in own for n in p.defines}
        cells[name] = join(own)[0]
    return cells
