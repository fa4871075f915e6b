"""One sandbox for all tests, and a short way to a worker."""

from __future__ import annotations

import textwrap

import pytest

from autograder.sandbox import Limits, Sandbox, Submission

# Small, so that the tests of what never ends do not take long.
LIMITS = Limits(call_cpu=0.5, call_wall=3.0, load_cpu=2.0, memory_mb=192, output_kb=512, reply_mb=4)


@pytest.fixture(scope="session")
def box():
    with Sandbox(LIMITS) as box:
        yield box


@pytest.fixture
def make(box):
    """Make workers of a module `nn.work`, given as text; further files of `nn` by keyword."""
    workers = []

    def make(source, *, sandbox=box, **files):
        sources = {"nn/__init__.py": "", "nn/work.py": textwrap.dedent(source)}
        sources |= {f"nn/{name}.py": textwrap.dedent(text) for name, text in files.items()}
        worker = sandbox.worker(Submission(sources), component="work")
        workers.append(worker)
        return worker

    yield make
    for worker in workers:
        worker.close()


@pytest.fixture
def run(make):
    """Call one function of a module given as text."""

    def run(source, name="f", *args, returns="any", **files):
        return make(source, **files).call(name, args, {}, returns)

    return run
