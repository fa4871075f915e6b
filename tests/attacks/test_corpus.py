"""Every attack, one by one; `make attacks` runs the same and prints a table."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys

import pytest

from autograder.sandbox import Sandbox, SandboxError
from tests.attacks import board, bubble, corpus
from tests.attacks.attack import NEURON, Archive, Forgery
from tests.attacks.grading import Graded
from tests.attacks.kinds.forging import NO_LOOP, RUN_TIME
from tests.attacks.scene import LIMITS

NAMES = [attack.name for attack in corpus.ATTACKS]
READ = [attack.name for attack in corpus.ATTACKS if isinstance(attack, Archive)]
RUN = [name for name in NAMES if name not in READ]


@pytest.fixture(scope="module", params=["kernel", "kernel+ns"])
def box(request):
    try:
        with Sandbox(LIMITS, level=request.param) as box:
            yield box
    except SandboxError as error:
        pytest.skip(f"not on this machine: {error}")


@pytest.fixture(scope="module")
def graded():
    with contextlib.closing(Graded()) as graded:
        yield graded


@pytest.mark.parametrize("name", RUN)
def test_an_attack_is_held(box, graded, name):
    assert board.play_one(corpus.find(name), box, graded) == []


@pytest.mark.parametrize("name", READ)
def test_an_archive_does_no_harm(name):
    assert board.read(corpus.find(name)) == []


@pytest.mark.skipif(bool(bubble.missing()), reason="no bubblewrap here")
@pytest.mark.parametrize("name", NAMES)
def test_it_succeeds_without_the_sandbox(name):
    assert corpus.without_sandbox(corpus.find(name))


def test_an_honest_submission_earns_what_the_forgeries_want(box, graded):
    files = {"nn/backprop.py": graded.right}
    for tests in (NEURON, NO_LOOP, RUN_TIME):
        assert graded.points(files, tests, box) == sum(o.max_points for o in graded.outcomes)
        assert not any(o.flags for o in graded.outcomes)


def test_nothing_reaches_the_points_of_the_others_in_a_class(tmp_path):
    """End to end, by the command: a class of attackers and one honest student."""
    chosen = [
        "conftest.py",
        "a score printed",
        "a reply in every descriptor",
        "builtins patched",
        "results.json by a daemon",
        "sys.exit at import",
        "the caller's frame",
        "a counter switched off and on again",
    ]
    with contextlib.closing(Graded()) as graded:
        right = graded.right
    for name in chosen:
        forgery = corpus.find(name)
        assert isinstance(forgery, Forgery)
        files = {"nn/backprop.py": f"{right}\n\n{forgery.source}", **forgery.files}
        for file, text in files.items():
            path = tmp_path / "in" / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for folder in ("in", "alone"):
        path = tmp_path / folder / "honest" / "nn" / "backprop.py"
        path.parent.mkdir(parents=True)
        path.write_text(right)

    def grade(folder: str) -> dict[str, dict]:
        out = tmp_path / f"out-{folder}"
        command = [sys.executable, "-m", "autograder", "grade", str(tmp_path / folder)]
        done = subprocess.run(
            [*command, "--out", str(out), "--component", "backprop"],
            cwd=bubble.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = (json.loads(path.read_text()) for path in (out / "results").glob("*.json"))
        return {result["student"]: result for result in found}

    together, alone = grade("in"), grade("alone")
    assert set(together) == {*chosen, "honest"}
    assert together["honest"] == alone["honest"]
    assert alone["honest"]["points"] == alone["honest"]["max_points"]
    assert all(result["environment"]["level"] != "weak" for result in together.values())
    for name in chosen:
        result = together[name]
        tests = result["components"]["backprop"]["tests"]
        lost = {test["test"] for test in tests if test["verdict"] != "passed"}
        flagged = any(flag["id"] == "needs-look" for test in tests for flag in test["flags"])
        assert result["graded"]
        assert lost & {*NEURON} or flagged, name
