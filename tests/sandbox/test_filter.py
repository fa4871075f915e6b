"""The filter and the limits from inside, call by call; whole attacks are in `tests/attacks`."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox import Limits, Sandbox, Submission, Worker
from autograder.sandbox import syscalls_x86_64 as table
from autograder.sandbox.launcher import ENVIRONMENT


def test_the_worker_is_a_process_of_its_own_without_our_files(box, make):
    # This is the test that an in-process import in place of a worker cannot pass.
    worker = make(
        "import os, sys\nimport numpy as np\nnp.allclose = lambda *a, **k: True\n"
        "def f(): return os.getpid(), os.getppid(), sorted(sys.modules), sys.argv, os.getcwd()\n"
        "def g(path): return open(path).read()"
    )
    pid, parent, modules, argv, folder = worker.call("f", (), {}, "any").value
    # In a pid namespace it has another number there than here.
    assert box.level == "kernel+ns" or pid == worker.pid
    assert os.getpid() not in (pid, parent, worker.pid)
    assert not {"pytest", "solutions", "autograder"} & {name.split(".")[0] for name in modules}
    assert (argv, folder) == ([""], "/")
    assert worker.call("g", (__file__,), {}, "any").failure.type == "PermissionError"
    assert not np.allclose(0, 1)
    assert "nn.work" not in sys.modules


# Calls that the filter lets pass for some arguments only, or that need more than a number to be
# tried with; every other call is tried by its number below.
ARGUMENTS = {
    "thread signal": f"call({table.TGKILL}, x, x, 0)",
    "signal by fcntl": "fcntl.fcntl(1, fcntl.F_SETOWN, x)",
    "asynchronous descriptor": "fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK)",
    "pipe size": "fcntl.fcntl(1, 1031, 1 << 20)",
    "the grader's clock": "time.clock_gettime((~x << 3) | 2)",
    "another's limits": f"call({table.PRLIMIT64}, x, 0, 0, ctypes.create_string_buffer(16))",
    "own limits": "resource.setrlimit(resource.RLIMIT_CPU, (9, 9))",
    "kill itself by kill": "os.kill(os.getpid(), 9)",
}


@pytest.mark.every_kind
@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_allowed_call_is_refused_with_other_arguments(make, name):
    worker = make(
        f"""
        import ctypes, fcntl, os, resource, time
        libc = ctypes.CDLL(None, use_errno=True)
        def call(number, *args):
            if libc.syscall(number, *args) < 0:
                raise OSError(ctypes.get_errno(), "refused")
        def f(x):
            try:
                {ARGUMENTS[name]}
            except (OSError, ValueError) as error:
                return type(error).__name__
            return "open"
        """
    )
    assert worker.call("f", (os.getpid(),), {}, "any").value in ("PermissionError", "ValueError")


@pytest.mark.every_kind
def test_every_call_outside_the_table_is_refused(make):
    worker = make(
        """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        def f(numbers):
            got = []
            for number in numbers:
                ctypes.set_errno(0)
                got.append((libc.syscall(number, 0, 0, 0, 0, 0, 0), ctypes.get_errno()))
            return got
        """
    )
    checked = (table.FCNTL, table.TGKILL, table.PRLIMIT64, table.CLONE3)
    # uretprobe and uprobe: newer kernels let them past every filter, and they only fail.
    known = {*table.ALLOWED.values(), *table.CLOCKS.values(), *checked, 335, 336}
    numbers = [n for n in range(600) if n not in known]
    got = worker.call("f", (numbers,), {}, "any").value
    assert set(got) == {(-1, errno.EPERM)}
    assert worker.call("f", ([table.CLONE3],), {}, "any").value == [(-1, errno.ENOSYS)]


@pytest.mark.parametrize(
    "number",
    [0x40000000 | 39, 0x40000000 | 520, 0x7FFFFFFF],
    ids=["getpid", "execve", "beyond"],
)
def test_the_x32_table_kills(run, number):
    reply = run(f"import ctypes\ndef f(): return ctypes.CDLL(None).syscall({number})")
    assert (reply.failure.kind, reply.failure.type) == ("crashed", "SIGSYS")


def test_the_32_bit_abi_kills(run):
    reply = run(
        """
        import ctypes, mmap
        def f():
            # mov eax, 20 (getpid); int 0x80; ret
            page = mmap.mmap(-1, 4096, prot=7)
            page.write(b"\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3")
            start = ctypes.addressof(ctypes.c_char.from_buffer(page))
            return ctypes.CFUNCTYPE(ctypes.c_int)(start)()
        """
    )
    assert (reply.failure.kind, reply.failure.type) == ("crashed", "SIGSYS")


@pytest.mark.every_kind
def test_the_limits_hold_from_inside(run):
    reply = run(
        """
        import resource
        def f():
            names = ("CPU", "FSIZE", "NOFILE", "CORE", "NPROC", "AS")
            return {n: resource.getrlimit(getattr(resource, f"RLIMIT_{n}")) for n in names}
        """
    )
    assert reply.value["CPU"] == (60, 61)
    assert reply.value["NOFILE"] == (16, 16)
    assert reply.value["FSIZE"] == reply.value["CORE"] == reply.value["NPROC"] == (0, 0)
    assert 0 < reply.value["AS"][0] == reply.value["AS"][1] < 4 << 30


def test_cpu_time_of_the_whole_worker_ends(box):
    submission = Submission({"nn/work.py": "def f():\n    for _ in range(10**6): pass"})
    with Worker(box._server, submission, "work", Limits(worker_cpu=0.5), box._layers) as worker:
        failures = (worker.call("f", (), {}, "any").failure for _ in range(10_000))
        assert next(filter(None, failures)).kind == "timeout"


@pytest.mark.every_kind
def test_the_environment_is_ours_alone(run):
    reply = run("import os\ndef f(): return dict(os.environ)")
    assert {**reply.value, "LC_CTYPE": ""} == {**ENVIRONMENT, "LC_CTYPE": ""}


@pytest.mark.every_kind
def test_few_descriptors_are_open(run):
    reply = run(
        """
        import fcntl
        def f():
            found = []
            for fd in range(3000):
                try:
                    fcntl.fcntl(fd, fcntl.F_GETFD)
                except OSError as error:
                    if error.errno == 9:
                        continue
                found.append(fd)
            return found
        """
    )
    assert reply.value == [0, 1, 2, 3, 4]


def test_what_is_loaded_is_all_there_is(make, tmp_path):
    (tmp_path / "planted.py").write_text("x = 1")
    worker = make(
        """
        import sys
        def f(folder, name):
            sys.path.insert(0, folder)
            sys.path_hooks.append(lambda p: None)
            __import__(name)
        """
    )
    assert worker.call("f", (str(tmp_path), "planted"), {}, "any").failure.kind == "refused"
    for name in ("pytest", "scipy", "autograder", "solutions.nn", "tests"):
        assert worker.call("f", ("/", name), {}, "any").failure.kind == "refused", name


def test_nothing_outlives_the_sandbox():
    with Sandbox(Limits()) as box:
        worker = box.worker(Submission({"nn/a.py": "def f(): return 1"}), component="a")
        worker.call("f", (), {}, "any")
        pids = [worker.pid, box._server._process.pid]
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


GRADER = """
import sys
from autograder.sandbox import *
from autograder.sandbox import backends
level, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
backends.NAMESPACES = backends.NAMESPACES[first:last]
try:
    box = Sandbox(Limits(call_cpu=60, call_wall=60), level=level)
except SandboxError:
    sys.exit(77)
source = "def f(x):\\n    while x: pass"
workers = [box.worker(Submission({"nn/a.py": source}), component="a") for _ in range(2)]
for worker in workers:
    worker.call("f", (0,), {}, "any")
print(*(worker.pid for worker in workers), flush=True)
workers[0].call("f", (1,), {}, "any")
"""


@pytest.mark.parametrize("ended", ["grader", "what it started"])
@pytest.mark.parametrize(
    "kind",
    [
        ("weak", 0, 0),
        ("kernel", 0, 0),
        ("kernel+ns", 0, 1),
        ("kernel+ns", 1, 2),
        ("kernel+ns", 2, 3),
    ],
    ids=["weak", "kernel", "bwrap", "bwrap-user", "own"],
)
def test_nothing_outlives_what_is_killed(kind, ended):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", GRADER, *map(str, kind)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root
    ) as job:
        assert job.stdout is not None
        workers = [int(pid) for pid in job.stdout.readline().split()]
        if not workers and job.wait() == 77:
            pytest.skip("not on this machine")
        below = _descendants(job.pid)
        assert set(workers) < set(below)
        # The first is bubblewrap, the first of our own processes, or the fork server.
        os.kill(job.pid if ended == "grader" else below[0], signal.SIGKILL)
        assert _end_soon(below)
        job.kill()


def _descendants(pid: int) -> list[int]:
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            parents[int(status.parent.name)] = int(fields[1])
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found[1:]


@pytest.mark.every_kind
def test_a_loop_does_not_outlive_the_fork_of_a_grader_that_asked_for_it(box):
    submission = Submission({"nn/a.py": "def f(x):\n    while x: pass"})
    read, write = os.pipe()
    grader = os.fork()
    if grader == 0:
        try:
            patient = Limits(call_cpu=60, call_wall=60)
            worker = Worker(box._server, submission, "a", patient, box._layers)
            worker.call("f", (0,), {}, "any")
            os.write(write, b"%d" % worker.pid)
            worker.call("f", (1,), {}, "any")
        finally:
            os._exit(0)
    pid = int(os.read(read, 20))
    os.close(read)
    os.close(write)
    assert _lives(pid)
    os.kill(grader, signal.SIGKILL)
    os.waitpid(grader, 0)
    assert _end_soon([pid])


def _end_soon(pids: list[int]) -> bool:
    for _ in range(200):
        if not any(_lives(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _lives(pid: int) -> bool:
    try:
        # A zombie waits for whoever adopted it, and runs nothing.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
