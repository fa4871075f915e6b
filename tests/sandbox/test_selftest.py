"""The sandbox does not open where it would not hold."""

from __future__ import annotations

import os

import pytest

from autograder.sandbox import Limits, SandboxError, Submission, Worker, probe, selftest

# What no layer shuts: the fork server is started so that nothing of it is there.
NEVER_THERE = {"hold a descriptor too many", "see the grader's environment"}
# What the kernel refuses to a worker that is not root, without any layer of ours.
FOR_ROOT = {"fork", "start a thread", "make a namespace"}
if os.geteuid() != 0:
    NEVER_THERE |= FOR_ROOT


@pytest.fixture
def canary():
    with selftest.Canary() as canary:
        yield canary


@pytest.fixture
def open_ways(canary):
    """What the probe finds open in a sandbox with some layers alone."""

    def open_ways(box, *layers):
        with Worker(box._server, selftest.submission(), "probe", Limits(), layers) as worker:
            return set(worker.call("escapes", canary.where(), {}, "any").value)

    return open_ways


def test_every_probe_gets_out_where_its_layer_is_taken_away(unfiltered, canary, open_ways):
    every = set(probe.attempts(*canary.where()))
    assert every > NEVER_THERE
    assert open_ways(unfiltered, "rlimits") | FOR_ROOT == every - NEVER_THERE | FOR_ROOT


def test_all_of_them_are_shut_by_the_filter_alone(unfiltered, open_ways):
    assert open_ways(unfiltered, "rlimits", "seccomp") == set()


def test_landlock_alone_shuts_the_files_and_the_grader(unfiltered, open_ways):
    if not any(tried.name == "landlock" and not tried.why for tried in unfiltered._server.tried):
        pytest.skip("this kernel has no Landlock")
    files = {"open a file", "write a file", "list a folder"}
    others = {"read the grader's memory", "take the grader's descriptor", "trace the grader"}
    assert not open_ways(unfiltered, "rlimits", "landlock") & (files | others)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the user id")
def test_a_user_id_alone_shuts_the_grader_and_its_processes(unfiltered, open_ways):
    found = open_ways(unfiltered, "rlimits", "uid")
    assert not found & {
        "signal the grader",
        "signal the fork server",
        "read the grader's memory",
        "open the grader's memory",
        "read the grader's environment",
        "take the grader's descriptor",
        "trace the grader",
        "write a file",
        "start a thread",
    }


def test_the_probe_sees_what_a_process_inherits(canary):
    # In this process the canary is there: the two ways that no worker has are open.
    tries = probe.attempts(*canary.where())
    assert all(probe._is_open(tries[name]) for name in ("see the grader's environment",))
    assert probe._is_open(tries["hold a descriptor too many"])
    assert probe._is_open(tries["read the grader's memory"])


def test_the_self_test_names_what_it_found(unfiltered, canary, open_ways):
    def attacker():
        return Worker(unfiltered._server, selftest.submission(), "probe", Limits(), ("rlimits",))

    with pytest.raises(SandboxError, match="nothing is graded") as raised:
        selftest.run(attacker, canary)
    assert all(repr(name)[1:-1] in str(raised.value) for name in open_ways(unfiltered, "rlimits"))


@pytest.mark.parametrize(
    "answer",
    [
        "def escapes(*_): return ['fork']",
        "def escapes(*_): return None",
        "import os; os._exit(0)",
        "def escapes(*_): return []\ndef run_a_program(): return 'open'",
        "def escapes(*_): return []\nimport os\ndef run_a_program(): os._exit(0)",
        "def escapes(*_): return []",
    ],
)
def test_the_self_test_takes_no_other_answer(unfiltered, canary, answer):
    submission = Submission({"nn/probe.py": answer})
    with pytest.raises(SandboxError, match="nothing is graded"):
        selftest.run(lambda: unfiltered.worker(submission, component="probe"), canary)


@pytest.mark.parametrize("name", ["call_x32", "call_32_bit"])
def test_the_self_test_wants_a_foreign_call_to_kill(unfiltered, canary, monkeypatch, name):
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setitem(selftest.FOREIGN, "x86_64", (name,))
    held = "def escapes(*_): return []\ndef run_a_program(): return 'shut'\n"
    submission = Submission({"nn/probe.py": held + f"def {name}(): return -1"})
    with pytest.raises(SandboxError, match="foreign ABI"):
        selftest.run(lambda: unfiltered.worker(submission, component="probe"), canary)


@pytest.mark.skipif("os.uname().machine != 'x86_64'", reason="foreign tables of x86_64")
def test_without_the_filter_the_foreign_calls_are_answered(unfiltered):
    with unfiltered.worker(selftest.submission(), component="probe") as worker:
        reply = worker.call("call_32_bit", (), {}, "any")
        # A kernel may be built without the old table.
        assert reply.value or reply.failure.type == "SIGSEGV"
        assert worker.call("call_x32", (), {}, "any").failure is None
