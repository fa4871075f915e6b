"""The sandbox does not open where it would not hold."""

from __future__ import annotations

import platform
import textwrap

import pytest

from autograder.sandbox import (
    Limits,
    Sandbox,
    SandboxError,
    Submission,
    Worker,
    available_levels,
    layers,
    seccomp,
    selftest,
)
from autograder.sandbox import syscalls_x86_64 as table


def test_the_level_is_told(box):
    assert box.level == "kernel"
    assert box.layers == ("rlimits", "seccomp")


def test_the_self_test_finds_a_missing_filter(box):
    def unfiltered():
        return Worker(box._server, selftest.submission(), "probe", Limits(), "weak")

    with pytest.raises(SandboxError, match="nothing is graded"):
        selftest.run(unfiltered)


@pytest.mark.parametrize(
    "answer",
    ["def escapes(*_): return ['fork']", "def escapes(*_): return None", "import os; os._exit(0)"],
)
def test_the_self_test_takes_only_an_empty_list(box, answer):
    submission = Submission({"nn/probe.py": answer})
    with pytest.raises(SandboxError, match="nothing is graded"):
        selftest.run(lambda: box.worker(submission, component="probe"))


def test_the_self_test_wants_the_foreign_call_to_kill(box):
    source = "def escapes(*_): return []\ndef foreign_abi(): return -1"
    submission = Submission({"nn/probe.py": source})
    with pytest.raises(SandboxError, match="foreign ABI"):
        selftest.run(lambda: box.worker(submission, component="probe"))


def test_another_machine_is_not_available_and_says_so(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert "aarch64" in seccomp.missing()
    with pytest.raises(SandboxError, match="aarch64"):
        layers.choose("kernel", allow_weak=False)
    assert layers.choose("weak", allow_weak=False) == "weak"
    assert layers.choose("kernel", allow_weak=True) == "weak"
    with Sandbox(allow_weak=True) as box:
        assert (box.level, box.layers) == ("weak", ("rlimits",))
        source = textwrap.dedent("def f(x): return x + 1")
        with box.worker(Submission({"nn/a.py": source}), component="a") as worker:
            assert worker.call("f", (1,), {}, "any").value == 2


def test_a_level_can_be_had_by_name():
    assert available_levels() == ("weak", "kernel")
    for level in available_levels():
        with Sandbox(level=level) as box:
            assert box.level == level


def test_an_unknown_level_is_refused():
    with pytest.raises(SandboxError, match="kernel"):
        Sandbox(level="fortress")
    with pytest.raises(SandboxError, match="kernel"):
        Sandbox(require="fortress")


def test_the_filter_is_one_that_the_kernel_can_hold():
    program = seccomp.program(1)
    assert len(program) < 4096
    assert all(max(step[1], step[2]) < 256 for step in program)
    numbers = [*table.ALLOWED.values(), table.FCNTL, table.TGKILL, table.PRLIMIT64, table.CLONE3]
    numbers += table.CLOCKS.values()
    assert len(set(numbers)) == len(numbers)


OUTSIDE = (
    "open openat openat2 stat lstat newfstatat statx access socket connect sendto sendmsg clone "
    "fork vfork execve execveat kill tkill ptrace process_vm_readv memfd_create prctl seccomp "
    "ioctl unlink rename mount setuid io_uring_setup bpf pidfd_open pipe socketpair"
)


@pytest.mark.parametrize("name", OUTSIDE.split())
def test_no_call_that_reaches_outside_is_in_the_table(name):
    assert name not in table.ALLOWED
