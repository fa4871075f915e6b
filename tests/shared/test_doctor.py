"""The student's doctor: each thing that can be off is seen, and has an advice."""

import ast
import io
import subprocess
import sys

import pytest

from autograder.course import ROOT
from shared import doctor


def test_all_is_well_here(capsys, tmp_path):
    (tmp_path / "nn").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "shared").symlink_to(ROOT / "shared")
    findings = doctor.examine(tmp_path)
    assert {f.what for f in findings} >= {"Python", "numpy", "BLAS", "default_rng(0)", "folder"}
    assert all(f.ok for f in findings[:-2]), findings
    assert all(f.advice is None for f in findings if f.ok)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda m: m.setattr(doctor.sys, "version_info", (3, 10, 4)), "Python"),
        (lambda m: m.setitem(doctor.PACKAGES, "numpy", (99, 0)), "numpy"),
        (lambda m: m.setitem(doctor.PACKAGES, "no-such-package", (1, 0)), "no-such-package"),
        (lambda m: m.setattr(doctor, "STREAM", (0.1, 0.2, 0.3)), "default_rng(0)"),
        (lambda m: m.setattr(doctor.sys, "stdout", _console("cp437")), "console"),
    ],
)
def test_what_is_off_is_said_with_an_advice(monkeypatch, tmp_path, spoil, what):
    spoil(monkeypatch)
    [found] = [f for f in doctor.examine(tmp_path) if f.what == what]
    assert not found.ok
    assert found.advice is not None


def _console(encoding):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


def test_a_console_without_our_signs_gets_the_report_all_the_same(monkeypatch, tmp_path):
    raw = io.BytesIO()
    monkeypatch.setattr(doctor.sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert doctor.show([doctor.console(), doctor.Finding("γ", "β × −")]) == 1
    doctor.sys.stdout.flush()
    assert b"!!  console" in raw.getvalue()


def test_another_folder_is_said_and_ends_with_1(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "shared", "doctor"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert "nn/, tests/, shared/" in done.stdout
    assert "Traceback" not in done.stderr


BARE = """
import importlib.metadata, runpy, sys

class Bare:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("numpy", "pytest", "matplotlib"):
            raise ModuleNotFoundError(name)

def version(name):
    raise importlib.metadata.PackageNotFoundError(name)

sys.meta_path.insert(0, Bare())
importlib.metadata.version = version
sys.argv = ["shared", "doctor"]
runpy.run_module("shared", run_name="__main__")
"""


def test_it_runs_where_nothing_is_installed_yet():
    done = subprocess.run(
        [sys.executable, "-c", BARE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 1
    assert done.stdout.count("-m pip install -r requirements.txt") == len(doctor.PACKAGES)


def test_a_python_that_is_too_old_can_read_it():
    code = "import shared.doctor, sys; print(*(m for m in sys.modules if m.startswith('shared')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    for name in [*done.stdout.decode().split(), "shared.__main__"]:
        if name != "shared":
            path = ROOT / f"{name.replace('.', '/')}.py"
            tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
            taken = {
                alias.name
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom)
                for alias in node.names
            }
            assert not taken & {
                "pairwise",
                "TypeAlias",
                "ParamSpec",
                "StrEnum",
                "Self",
                "NotRequired",
            }
            assert not any(
                "slots" in ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.keyword)
            )
