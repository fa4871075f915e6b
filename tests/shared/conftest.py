"""A made-up submission in a temporary folder, and what a check says when it fails."""

from __future__ import annotations

import sys
import textwrap

import numpy as np
import pytest

from shared.errors import CheckFailed
from shared.local import LocalBackend
from shared.messages import render
from shared.signatures import read_signatures
from shared.student import Student


def _forget_nn():
    for name in [name for name in sys.modules if name.split(".")[0] == "nn"]:
        del sys.modules[name]


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture
def backend(tmp_path, monkeypatch):
    """Make a backend of `nn.work`, given as text; further files of `nn` by keyword."""

    def make(source, *, folder=tmp_path, **files):
        _forget_nn()
        (folder / "nn").mkdir(parents=True, exist_ok=True)
        texts = {"__init__": "", "work": source, **files}
        for name, text in texts.items():
            (folder / "nn" / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder))
        return LocalBackend("work", folder)

    _forget_nn()
    # A folder of a moment ago may have held another file of the same name, size and second.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield make
    _forget_nn()


@pytest.fixture
def student(backend):
    """Make a `Student` of a source; its own annotations stand for those of the reference."""

    def make(source, *, signatures=None, **files):
        source = textwrap.dedent(source)
        if source.startswith("\n"):  # the annotations' names are nowhere imported
            source = "from __future__ import annotations" + source
        known = read_signatures(textwrap.dedent(signatures or source))
        return Student(backend(source, **files), known, file="nn/work.py")

    return make


@pytest.fixture
def refused():
    """Run a check that must fail, and give its messages as a student reads them."""

    def run(check, *args, **kwargs):
        with pytest.raises(CheckFailed) as caught:
            check(*args, **kwargs)
        return [render(m) for m in caught.value.messages]

    return run
