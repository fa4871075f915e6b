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


def load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def save(path: Path, notebook: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")


def code(source: str, **metadata: Any) -> dict[str, Any]:
    """A code cell as Jupyter writes one."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def stub_cells(notebook: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The stub cells by the function that they are for."""
    ours = ((cell["metadata"].get("expressml", {}), cell) for cell in notebook["cells"])
    return {about["name"]: cell for about, cell in ours if about.get("kind") == "stub"}


def reference_cells(component: str) -> dict[str, str]:
    """For each function what a student would write into its cell: the reference, with helpers."""
    source = load_course().component(component).solution.read_text(encoding="utf-8")
    pieces = read_pieces(source)
    public = {n for p in pieces if p.is_block for n in p.defines if not n.startswith("_")}
    cells: dict[str, str] = {}
    written: set[str] = set()
    for piece in pieces:
        for name in piece.defines & public:
            own = [
                p
                for p in needed(pieces, [name])
                if p.defines & {name} or not p.defines & (public | written)
            ]
            written |= {n for p in own for n in p.defines}
            cells[name] = join(own)[0]
    return cells


def fill(notebook: dict[str, Any], component: str, only: frozenset[str] | None = None) -> None:
    """Write the reference into the stub cells."""
    sources = reference_cells(component)
    for name, cell in stub_cells(notebook).items():
        if only is None or name in only:
            cell["source"] = sources[name]
