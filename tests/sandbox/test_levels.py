"""The levels: what is around a worker at each, and what happens where one is not to be had."""

from __future__ import annotations

import os
import platform
import select
import socket

import pytest

from autograder.commands import options
from autograder.sandbox import (
    LEVELS,
    Limits,
    Sandbox,
    SandboxError,
    Submission,
    Worker,
    available_levels,
    backends,
    best_level,
    landlock,
    limits,
    userids,
)

ECHO = Submission({"nn/a.py": "def f(x): return x + 1"})


def works(box):
    with box.worker(ECHO, component="a") as worker:
        return worker.call("f", (1,), {}, "any").value == 2


@pytest.mark.every_kind
def test_the_level_and_its_layers_are_told(box):
    assert box.level in ("kernel", "kernel+ns")
    assert {"rlimits", "seccomp"} <= set(box.layers)
    assert len(box.layers) == len(box._layers) + (box.level == "kernel+ns")


def test_a_level_can_be_had_by_name():
    assert available_levels()[0] == "weak"
    for level in available_levels():
        with Sandbox(level=level) as box:
            assert box.level == level
            assert works(box)


def test_the_command_line_knows_the_levels():
    assert options.LEVELS == LEVELS


@pytest.mark.parametrize("asked", [{"level": "fortress"}, {"require": "fortress"}])
def test_an_unknown_level_is_refused(asked):
    with pytest.raises(SandboxError, match="weak, kernel, kernel\\+ns"):
        Sandbox(**asked)


def test_a_machine_without_a_table_offers_limits_alone_and_says_so(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert available_levels() == ("weak",)
    for wanted in (
        lambda: Sandbox(),
        lambda: Sandbox(level="kernel"),
        lambda: best_level("kernel"),
    ):
        with pytest.raises(SandboxError, match=r"x86_64 and aarch64 .* this is riscv64"):
            wanted()
    assert best_level("weak") == "weak"
    with Sandbox(require="weak") as box:
        assert (box.level, box.layers) == ("weak", ("rlimits",))
        assert any("riscv64" in sentence for sentence in box.missing)
        assert works(box)


def test_without_namespaces_the_level_is_kernel_and_says_what_to_install(monkeypatch):
    monkeypatch.setattr(backends, "NAMESPACES", backends.NAMESPACES[:2])
    monkeypatch.setenv("PATH", "/nonexistent")
    assert available_levels() == ("weak", "kernel")
    with Sandbox() as box:
        assert box.level == "kernel"
        assert any("install bubblewrap" in sentence for sentence in box.missing)
    with pytest.raises(SandboxError, match="install bubblewrap"):
        Sandbox(require="kernel+ns")


def test_a_bwrap_that_is_forbidden_is_tried_and_passed_over(monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text(
        "#!/bin/sh\necho 'bwrap: no permissions to create a namespace' >&2\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(backends, "NAMESPACES", backends.NAMESPACES[:2])
    with Sandbox() as box:
        assert box.level == "kernel"
        assert any("no permissions to create" in sentence for sentence in box.missing)


def test_a_bwrap_that_hangs_is_ended(monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\nexec /bin/sleep 1000\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("autograder.sandbox.launcher.START_SECONDS", 0.2)
    with pytest.raises(SandboxError, match="did not start"):
        Sandbox(level="kernel+ns", limits=Limits())


def test_what_a_bwrap_leaves_behind_is_ended(monkeypatch, tmp_path):
    # As the real one does where /proc shows another pid namespace; the child holds our pipe.
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\n/bin/sleep 1000 &\necho $! > {tmp_path}/pid\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(backends, "NAMESPACES", backends.NAMESPACES[1:2])
    with pytest.raises(SandboxError, match="did not start"):
        Sandbox(level="kernel+ns")
    try:
        left = os.pidfd_open(int((tmp_path / "pid").read_text()))
    except ProcessLookupError:
        return
    ended = select.select([left], [], [], 20)[0]
    os.close(left)
    assert ended


@pytest.mark.every_kind
def test_in_namespaces_nothing_but_python_is_there(box):
    if box.level != "kernel+ns":
        pytest.skip("only namespaces hide")
    source = """
import os, socket
def see(path):
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        return type(error).__name__
def send(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1)
    except OSError as error:
        return type(error).__name__
def kill(pid):
    try:
        os.kill(pid, 0)
    except OSError as error:
        return type(error).__name__
def write(path):
    try:
        open(path, "w")
    except OSError as error:
        return type(error).__name__
def ids(): return os.getpid() < 1000, os.getppid()
"""
    checkout = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    submission = Submission({"nn/a.py": source})
    # Without any other layer than the limits.
    with Worker(box._server, submission, "a", Limits(), ("rlimits",)) as worker:

        def call(name, *arguments):
            return worker.call(name, arguments, {}, "any").value

        for hidden in ("/proc", "/home", "/var", "/sys", f"{checkout}/solutions"):
            assert call("see", hidden) == "FileNotFoundError"
        assert set(call("see", checkout)) <= {".venv", "autograder", "shared"} or (
            call("see", checkout) == "FileNotFoundError"
        )
        assert call("see", f"{checkout}/autograder") in (
            ["__init__.py", "sandbox"],
            "FileNotFoundError",
        )
        for folder in ("/", checkout, f"{checkout}/autograder"):
            assert call("write", f"{folder}/planted") in ("OSError", "FileNotFoundError")
        with socket.create_server(("127.0.0.1", 0)) as server:
            # bwrap starts a loopback of its own, on which nobody listens.
            assert call("send", server.getsockname()[1]) in ("OSError", "ConnectionRefusedError")
        assert call("kill", os.getpid()) == "ProcessLookupError"
        assert call("ids") == (True, 1)


@pytest.mark.every_kind
def test_nothing_in_a_namespace_is_more_than_it_was_outside(box):
    if box.level != "kernel+ns":
        pytest.skip("only namespaces give capabilities")
    source = "import os, socket\ndef f():\n    socket.sethostname('x')"
    with Worker(
        box._server, Submission({"nn/a.py": source}), "a", Limits(), ("rlimits", "capabilities")
    ) as worker:
        assert worker.call("f", (), {}, "any").failure.type == "PermissionError"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the user id")
def test_each_worker_has_a_user_of_its_own():
    source = "import os\ndef f(): return os.getresuid(), os.getresgid(), os.getgroups()"
    submission = Submission({"nn/a.py": source})
    layers = ("rlimits", "uid")
    with Sandbox(level="kernel") as one, Sandbox(level="kernel") as other:
        workers = [
            Worker(box._server, submission, "a", Limits(), layers)
            for box in (one, other)
            for _ in range(3)
        ]
        found = [worker.call("f", (), {}, "any").value for worker in workers]
        for users, groups, further in found:
            assert users == groups == (users[0],) * 3
            assert further == []
        assert len({users[0] for users, _, _ in found}) == len(workers)
        workers[0].close()
        # The id of one that is gone is free again.
        again = Worker(one._server, submission, "a", Limits(), layers)
        assert again.call("f", (), {}, "any").value == found[0]
        for worker in (*workers, again):
            worker.close()


def test_ids_of_servers_do_not_overlap():
    most = userids.SLOTS - 1
    for server in (1, 2, 4711, userids.SERVERS - 1):
        high, low = userids.candidates(server, most)
        assert (high + 1, low + 1) == (
            userids.candidates(server + 1, 0)
            if server + 1 < userids.SERVERS
            else (userids.START + userids.SERVERS * userids.SLOTS, low + 1)
        ) or server % userids.LOW_SERVERS == userids.LOW_SERVERS - 1
        assert high < 1 << 31
        assert low < 0xFFFE


def test_more_workers_than_ids_are_refused_with_a_sentence(monkeypatch):
    with Sandbox(level="weak") as box:
        workers = [box.worker(ECHO, component="a") for _ in range(userids.SLOTS + 1)]
        for worker in workers[:-1]:
            assert worker.call("f", (1,), {}, "any").value == 2
        with pytest.raises(SandboxError, match="64 workers already"):
            workers[-1].call("f", (1,), {}, "any")
        workers[0].close()
        assert workers[-1].call("f", (1,), {}, "any").value == 2


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (1, [0x1FFF]),
        (2, [0x3FFF]),
        (3, [0x7FFF]),
        (4, [0x7FFF, 3]),
        (5, [0xFFFF, 3]),
        (6, [0xFFFF, 3, 3]),
        (7, [0xFFFF, 3, 3]),
        (99, [0xFFFF, 3, 3]),
    ],
)
def test_landlock_handles_all_that_its_version_knows(version, expected):
    found = landlock.attributes(version)
    assert [int.from_bytes(found[i : i + 8], "little") for i in range(0, len(found), 8)] == expected


def test_the_address_space_is_measured_without_proc_too():
    pid = os.fork()
    if pid == 0:
        try:
            page = os.sysconf("SC_PAGESIZE")
            told = limits.own_address_space()
            measured = limits._least_limit(page)
            os._exit(0 if abs(told - measured) <= 4 << 20 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
