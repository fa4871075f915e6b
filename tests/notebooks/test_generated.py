"""The notebooks as they are generated: complete, lasting, and no more than the sources hold."""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import replace

import nbformat
import pytest

from autograder.authoring import cells
from autograder.authoring.notebooks import make_notebook
from autograder.authoring.stubs import make_stub
from autograder.course import load_course
from autograder.errors import CourseProblem
from autograder.running.suite import collect
from shared.verdicts import TestInfo

COURSE = load_course()
MARK = re.compile(r"<!--.*?-->\s*")
names = pytest.mark.parametrize("name", COURSE.names)


@pytest.fixture(scope="module")
def infos():
    return collect([c.local_tests for c in COURSE.components])


@names
def test_it_is_valid_and_repeats_to_the_byte(name, infos):
    component = COURSE.component(name)
    text = make_notebook(component, infos)
    assert text == make_notebook(component, infos) == component.notebook.read_text("utf-8")
    notebook = nbformat.reads(text, 4)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert not any(cell.get("outputs") for cell in notebook.cells)


@names
def test_each_function_has_its_stub_and_every_local_test_a_check(name, infos):
    component = COURSE.component(name)
    made = cells.cells_of(component, infos)
    stub = make_stub(component.solution.read_text("utf-8"), name)
    public = {
        node.name
        for node in ast.parse(stub).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    assert sorted(c.name for c in made if c.kind == "stub") == sorted(public)
    checks = [c for c in made if c.kind == "check"]
    assert [c.name for c in checks if c.name] == [
        c.name for c in made if c.kind == "stub" and any(k.name == c.name for k in checks)
    ]
    local = {i.test for i in infos if i.component == name}
    assert set(checks[-1].tests) == local
    single = [test for check in checks[:-1] for test in check.tests]
    assert len(single) == len(set(single))
    for one in made:
        if one.is_code:
            assert "\n" not in one.source or one.kind in ("setup", "given", "stub")
            ast.parse(one.source)


@names
def test_the_whole_handout_is_in_it_in_order(name, infos):
    component = COURSE.component(name)
    made = cells.cells_of(component, infos)
    text = "\n".join(c.source for c in made if c.kind == "text")
    position = 0
    for paragraph in MARK.sub("", component.handout.read_text("utf-8")).split("\n\n"):
        found = text.find(paragraph.strip(), position)
        assert found >= 0, paragraph
        position = found
    assert "<!--" not in text


@names
def test_the_cells_together_are_the_stub(name, infos):
    component = COURSE.component(name)
    made = cells.cells_of(component, infos)
    together = "\n".join(c.source for c in made if c.kind in ("given", "stub"))
    stub = make_stub(component.solution.read_text("utf-8"), name)

    def statements(source):
        nodes = ast.parse(source).body
        return sorted(ast.dump(n) for n in nodes if not isinstance(n, ast.Expr))

    assert statements(together) == statements(stub)


@pytest.fixture
def conv(tmp_path):
    """A component whose handout a test may spoil."""
    component = COURSE.component("conv")
    spoilt = replace(component, root=tmp_path)
    for path, copy in ((component.solution, spoilt.solution), (component.handout, spoilt.handout)):
        copy.parent.mkdir(parents=True)
        shutil.copy(path, copy)
    return spoilt


def test_a_mark_that_names_no_function_is_a_fault(conv, infos):
    text = conv.handout.read_text("utf-8")
    conv.handout.write_text(text.replace("write: conv2d_forward", "write: conv2d_foward"))
    with pytest.raises(CourseProblem, match="did you mean conv2d_forward"):
        make_notebook(conv, infos)


def test_figures_come_last_where_a_component_has_some(monkeypatch, infos):
    component = COURSE.component("conv")
    made = cells.cells_of(component, infos)
    assert made[-2].source.startswith("## Pictures\n")
    assert (made[-1].kind, made[-1].source) == ("figures", 'figures("conv")')
    assert "from shared import check, figures" in made[2].source
    monkeypatch.setattr(cells, "figures_of", lambda name: ())
    without = cells.cells_of(component, infos)
    assert not any(c.kind == "figures" or c.source.startswith("## Pictures") for c in without)
    assert "figures" not in without[2].source


def test_a_handout_without_marks_or_functions_gives_every_stub(conv, infos):
    conv.handout.write_text("# Convolution\n\nRead the docstrings.\n")
    names = [c.name for c in cells.cells_of(conv, infos) if c.kind == "stub"]
    assert names == ["cross_correlate2d", "conv2d_forward", "conv2d_backward"]
    conv.handout.unlink()
    assert names == [c.name for c in cells.cells_of(conv, infos) if c.kind == "stub"]


CLASS = '''"""A net."""

import numpy as np

from nn.conv import conv2d_forward
from nn.types import Array

SIZES = (3, 5)


def _layers(net: "Net") -> list[Array]:
    """A helper that everyone gets."""
    return [net.w]


class Net:
    """A net with one layer."""

    def __init__(self, rng: np.random.Generator) -> None:
        # BEGIN SOLUTION
        self.w = rng.normal(size=SIZES)
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """What comes out."""
        # BEGIN SOLUTION
        return conv2d_forward(x, self.w)[0]
        # END SOLUTION


NETS = {"small": Net}
'''


def test_a_class_is_one_cell_and_what_stands_on_it_comes_along(conv):
    conv.solution.write_text(CLASS)
    conv.handout.write_text("# Net\n\n## 1. The layer\n\nWrite `Net.forward`.\n")
    title = "Net.forward: its shape"
    info = TestInfo("test_shape", "conv", title, points=1, hint="", hidden=False)
    made = cells.cells_of(conv, [info])
    [stub] = [c for c in made if c.kind == "stub"]
    assert stub.name == "Net"
    assert stub.source.count("raise NotImplementedError") == 2
    assert stub.source.endswith('NETS = {"small": Net}')
    [given] = [c.source for c in made if c.kind == "given"]
    assert "from nn.conv import conv2d_forward" in given
    assert "def _layers" in given
    assert [(c.source, c.tests) for c in made if c.kind == "check"] == [
        ('check("conv", "Net")', ("test_shape",)),
        ('check("conv")', ("test_shape",)),
    ]
