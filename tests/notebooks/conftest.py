"""Student's folders with notebooks, and how a test fills, runs and reads them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autograder.course import ROOT, load_course
from tests.channels.handins import function_cells, solution, stubs


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

    stubs = staticmethod(stubs)

    def fill(self, notebook: dict[str, Any], component: str) -> dict[str, str]:
        """Write the reference into the stub cells; what each function's cell then holds."""
        sources = function_cells(solution(load_course().component(component)))
        for name, cell in stubs(notebook).items():
            cell["source"] = sources[name]
        return sources


@pytest.fixture(scope="session")
def books() -> Books:
    return Books()
