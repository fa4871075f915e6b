"""The package as a whole: what it imports, what it exports, and what it leaves alone."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import shared

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "shared").glob("*.py"))
NAMES = [path.stem for path in MODULES]
PYTEST = {
    "cellreport",
    "inprocess",
    "marks",
    "notebook",
    "plugin",
    "terminal",
    "watch",
}  # what needs it


def _runtime(tree):
    """The nodes of a module without those under ``if TYPE_CHECKING``."""
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes += node.orelse
        else:
            nodes += ast.iter_child_nodes(node)


def _imported(nodes):
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module


def _tree(name):
    return ast.parse((ROOT / "shared" / f"{name}.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_module_imports_numpy_and_the_standard_library_only(name):
    allowed = {"numpy", "shared", *sys.stdlib_module_names, *({"pytest"} if name in PYTEST else ())}
    at_run_time = {module.split(".")[0] for module in _imported(_runtime(_tree(name)))}
    assert at_run_time <= allowed
    for_types = {module.split(".")[0] for module in _imported(ast.walk(_tree(name)))}
    assert for_types <= allowed


FORBIDDEN = ("os.fork", "signal.signal", "signal.alarm", "signal.setitimer")


@pytest.mark.parametrize("name", NAMES)
def test_a_module_does_what_every_system_and_every_notebook_can(name):
    tree = _tree(name)
    assert not {"signal", "autograder", "nn", "solutions", "multiprocessing"} & set(
        _imported(ast.walk(tree))
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            assert text not in FORBIDDEN
            assert text != "sys.path", f"line {node.lineno} touches sys.path"


def _in_a_fresh_process(code):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_importing_the_package_alone_loads_neither_numpy_nor_pytest():
    code = "import shared, sys; print(*({'numpy', 'pytest', '_pytest'} & set(sys.modules)))"
    assert _in_a_fresh_process(code) == ""


def test_the_checks_load_without_pytest():
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "import shared\n"
        "others = [n for n in shared.__all__ if n not in ('points', 'check', 'figures')]\n"
        "print(*[n for n in others if not getattr(shared, n)])"
    )
    assert _in_a_fresh_process(code) == ""


def test_exactly_the_exported_names_are_there():
    assert shared.__all__ == sorted(set(shared.__all__))
    for name in shared.__all__:
        home = importlib.import_module(f"shared.{shared._HOMES[name]}")
        assert getattr(shared, name) is getattr(home, name)
    for name in ("", "no_such_name", "Meter", "LocalBackend"):
        with pytest.raises(AttributeError):
            getattr(shared, name)


def test_type_checkers_see_the_exported_names_and_no_others():
    seen = {
        (alias.asname, node.module)
        for node in ast.walk(_tree("__init__"))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert seen == {(name, f"shared.{home}") for name, home in shared._HOMES.items()}


def test_a_star_import_gives_the_exported_names():
    space = {}
    exec("from shared import *", space)
    assert set(space) - {"__builtins__"} == set(shared.__all__)
