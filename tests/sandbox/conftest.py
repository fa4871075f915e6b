"""A sandbox of each kind for all tests, and a short way to a worker."""

from __future__ import annotations

import textwrap

import pytest

from autograder.sandbox import Limits, Sandbox, SandboxError, Submission, backends

# Small, so that the tests of what never ends do not take long.
LIMITS = Limits(call_cpu=0.5, call_wall=3.0, load_cpu=2.0, memory_mb=192, output_kb=512, reply_mb=4)


# What may be around the fork server; with none of it, the level is `kernel`. Every test runs at
# both levels, those marked `every_kind` in each kind of namespaces too.
LEVELS = {"kernel": (), "kernel+ns": backends.NAMESPACES}
KINDS = LEVELS | {"bwrap-user": backends.NAMESPACES[1:2], "own": backends.NAMESPACES[2:]}


def pytest_configure(config):
    config.addinivalue_line("markers", "every_kind: run in each kind of namespaces")


def open_kind(kind, limits=LIMITS):
    """A sandbox of one kind, or a skip where this machine has no such thing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backends, "NAMESPACES", KINDS[kind])
        try:
            return Sandbox(limits, level="kernel+ns" if KINDS[kind] else "kernel")
        except SandboxError as error:
            pytest.skip(f"not on this machine: {error}")


def pytest_generate_tests(metafunc):
    if "box" in metafunc.fixturenames:
        is_marked = metafunc.definition.get_closest_marker("every_kind")
        kinds = KINDS if is_marked else LEVELS
        metafunc.parametrize("box", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def box(request):
    with open_kind(request.param) as box:
        yield box


@pytest.fixture(scope="session")
def unfiltered():
    """A sandbox with limits and nothing else: what an attack can do without the layers."""
    with Sandbox(LIMITS, level="weak") as box:
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
