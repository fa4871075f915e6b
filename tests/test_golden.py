"""The reference gives what torch gave when the golden outputs were written. No torch is needed.

The comparison runs in a process of its own: the reference's package has the name of the students'.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.course import ROOT

GOLDEN = ROOT / "tests" / "golden" / "kernels.npz"


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "golden.py"), "--check", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    with np.load(GOLDEN, allow_pickle=False) as stored:
        return dict(stored)


def test_the_reference_gives_the_golden_outputs(golden):
    done = check("--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["faults"] == []
    stored = {name.split("/")[0] for name in golden} - {"made by"}
    checked = {row.split()[0] for row in report["errors"]}
    assert len(checked) >= 25
    assert checked <= stored
    assert checked == stored or report["left out"]
    assert all(set(by) == {"float32", "float64"} for by in report["errors"].values())


def test_a_wrong_output_is_named(golden, tmp_path):
    golden["conv2d/1/dw"] = golden["conv2d/1/dw"] + 1e-6
    np.savez(tmp_path / "wrong.npz", **golden)
    done = check("--json", "--file", str(tmp_path / "wrong.npz"))
    assert done.returncode == 1
    assert json.loads(done.stdout)["faults"] == ["conv2d dw"]


def test_other_inputs_are_told_from_wrong_outputs(golden, tmp_path):
    golden["conv2d/1/ "] = golden["conv2d/1/ "] + 1
    np.savez(tmp_path / "other.npz", **golden)
    done = check("--file", str(tmp_path / "other.npz"))
    assert done.returncode == 1
    assert "the inputs are not those of" in done.stderr
    assert "run `make golden`" in done.stderr


def test_the_file_says_what_made_it_and_stays_small(golden):
    assert "torch" in str(golden["made by"])
    assert Path(GOLDEN).stat().st_size < 200_000
