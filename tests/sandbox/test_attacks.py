"""Attacks, each run inside a worker. None gets out, and none hurts the next call.

Controls at level `weak` show for the harmless ones that they would work without the filter.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
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
from shared.calls import Foreign

# What a worker's own code left on the stack: `serve`, from which its machinery is patched.
MACHINERY = """
import os, struct, sys, time
def machinery():
    frame = sys._getframe()
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    return frame.f_globals
def works(): return 1
"""


def attempt(expression):
    """A module whose `f` tries an expression of `x` and tells what came of it."""
    return f"""
        import ctypes, fcntl, mmap, os, resource, signal, socket, subprocess, sys, tempfile
        import multiprocessing, threading, time
        from pathlib import Path
        libc = ctypes.CDLL(None, use_errno=True)
        def call(number, *args):
            if libc.syscall(number, *args) < 0:
                raise OSError(ctypes.get_errno(), "refused")
        def f(x):
            try:
                {expression}
            except (OSError, RuntimeError, ImportError, ValueError) as error:
                return type(error).__name__
            return "open"
        """


@pytest.fixture
def weak(make, unfiltered):
    """A worker with limits and without a filter."""
    return lambda source: make(source, sandbox=unfiltered)


FILES = {
    "open": "open(x).read()",
    "write": "open(x, 'a')",
    "stat": "os.stat(x)",
    "list": "os.listdir(os.path.dirname(x))",
    "chmod": "os.chmod(x, 0o777)",
    "path handle": "os.open(x, os.O_PATH)",
    "readlink": "os.readlink('/proc/self/exe')",
    "change folder": "os.chdir(os.path.dirname(x))",
    "stat by descriptor": "os.stat('', dir_fd=0)",
}


@pytest.mark.every_kind
@pytest.mark.parametrize("name", FILES)
def test_no_file_of_the_grader_is_in_reach(make, weak, tmp_path, name):
    canary = tmp_path / "canary"
    canary.write_text("secret")
    source = attempt(FILES[name])
    assert make(source).call("f", (str(canary),), {}, "any").value == "PermissionError"
    assert canary.read_text() == "secret"
    if name in ("open", "stat", "list", "readlink"):
        with weak(source) as control:
            assert control.call("f", (str(canary),), {}, "any").value == "open"


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
    assert "nn" not in sys.modules


OTHERS = {
    "read memory": "open('/proc/self/mem', 'rb')",
    "read the grader's memory": "open(f'/proc/{x}/mem', 'rb')",
    "tcp": "socket.create_connection(('127.0.0.1', 9))",
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix": "socket.socket(socket.AF_UNIX)",
    "socket pair": "socket.socketpair()",
    "name": "socket.getaddrinfo('example.org', 80)",
    "fork": "os.fork()",
    "spawn": "subprocess.run(['/bin/true'])",
    "shell": "os._exit(0) if os.system('true') == 0 else call(57)",
    "exec": "os.execv('/bin/true', ['true'])",
    "process": "multiprocessing.Process(target=print).start()",
    "thread": "threading.Thread(target=print).start()",
    "kill": "os.kill(x, 0)",
    "kill all": "os.kill(-1, 0)",
    "kill itself by kill": "os.kill(os.getpid(), 9)",
    "killpg": "os.killpg(os.getpgid(0), 0)",
    "thread signal": f"call({table.TGKILL}, x, x, 0)",
    "queued signal": "call(129, x, 0, 0)",
    "pidfd": "os.pidfd_open(x)",
    "signal by fcntl": "fcntl.fcntl(1, fcntl.F_SETOWN, x)",
    "asynchronous descriptor": "fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK)",
    "the grader's clock": "time.clock_gettime((~x << 3) | 2)",
    "pipe size": "fcntl.fcntl(1, 1031, 1 << 20)",
    "ptrace": "call(101, 0x4206, x, 0, 0)",
    "ptrace itself": "call(101, 0, 0, 0, 0)",
    "memory of another": "call(310, x, 0, 0, 0, 0, 0)",
    "memory file": "os.memfd_create('x')",
    "shared memory": "call(29, 0, 1 << 20, 0o1000)",
    "temporary file": "tempfile.TemporaryFile()",
    "own limits": "resource.setrlimit(resource.RLIMIT_CPU, (9, 9))",
    "another's limits": f"call({table.PRLIMIT64}, x, 0, 0, ctypes.create_string_buffer(16))",
    "namespace": "call(272, 0x10000000)",
    "death signal": "call(157, 1, 0, 0, 0, 0)",
    "second filter": "call(317, 1, 0, 0)",
    "timer": "signal.setitimer(signal.ITIMER_REAL, 1)",
    "io_uring": "call(425, 1, ctypes.create_string_buffer(120))",
    "bpf": "call(321, 0, 0, 0)",
    "keyring": "call(248, 0, 0, 0, 0, 0)",
    "user": "os.setuid(12345)",
    "priority": "os.nice(1)",
}


@pytest.mark.every_kind
@pytest.mark.parametrize("name", OTHERS)
def test_no_way_out(make, name):
    worker = make(attempt(OTHERS[name]))
    pid = os.getpid()
    assert worker.call("f", (pid,), {}, "any").value not in ("open", None)


def test_the_same_attempts_work_without_the_filter(weak):
    for name in ("the grader's clock", "socket pair", "kill", "memory file", "pipe size"):
        with weak(attempt(OTHERS[name])) as control:
            assert control.call("f", (os.getpid(),), {}, "any").value == "open", name


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


def test_the_graders_memory_was_never_the_workers(run):
    secret = secrets.token_hex(16)
    reply = run(
        """
        import gc
        def f(backwards):
            secret, seen, queue = backwards[::-1], set(), list(gc.get_objects())
            gc.freeze(); gc.unfreeze()
            queue += gc.get_objects()
            hits = 0
            for o in queue:
                for r in (o, *gc.get_referents(o)):
                    hits += type(r) is str and secret in r and r is not secret
            return hits
        """,
        "f",
        secret[::-1],
    )
    assert reply.value == 0


FORGED = {
    "text to every descriptor": "for fd in range(1, 9):\n        try: os.write(fd, b'100/100' * 9)"
    "\n        except OSError: pass",
    "a frame of no length": "os.write(4, b'NNW1' + bytes(12))",
    "a frame with a huge header": "os.write(4, struct.pack('<4sIQ', b'NNW1', 2**32 - 1, 0))",
    "a frame with a huge body": "os.write(4, struct.pack('<4sIQ', b'NNW1', 2, 2**63))",
    "a frame that is a pickle": "d = b'\\x80\\x04]\\x94.'\n"
    "    os.write(4, struct.pack('<4sIQ', b'NNW1', len(d), 0) + d)",
    "another request's number": "m = machinery(); m['send'](m['pack'](('value', 99, 1, [], [], "
    "None), key_of=None))",
    "no tuple": "m = machinery(); m['send'](m['pack']([1], key_of=None))",
    "no number": "m = machinery(); m['send'](m['pack'](('value', '1', 1), key_of=None))",
    "no kind": "m = machinery(); m['send'](m['pack'](('gift', 2, 1), key_of=None))",
    "a kind that is the grader's": "m = machinery(); m['send'](m['pack'](('failure', 2, 'timeout', "
    "'', '', 0, '', ''), key_of=None))",
    "a handle of the future": "m = machinery(); m['send'](m['pack'](('value', 2, m['Handle'](None, "
    "1), [], [], None), key_of=m['_key_of']))",
    "changed names are numbers": "m = machinery(); m['send'](m['pack'](('value', 2, 1, [1], [], "
    "None), key_of=None))",
    "endless names": "m = machinery(); m['send'](m['pack'](('value', 2, 1, ['a'] * 99, [], None), "
    "key_of=None))",
    "a count below zero": "m = machinery(); m['send'](m['pack'](('value', 2, 1, [], [], (-1, 0, "
    "True)), key_of=None))",
    "two replies": "m = machinery(); r = m['pack'](('value', 2, 1, [], [], None), key_of=None); "
    "os.write(4, r + r)",
    "a flood": "while True: os.write(4, b'NNW1' + bytes(60000))",
    "a closed pipe": "os.close(4)\n    while True: time.sleep(1)",
    "a pipe to itself": "os.dup2(0, 4)\n    while True: time.sleep(1)",
    "a patched encoder": "machinery()['pack'] = None",
    "a broken machinery": "machinery()['send'] = None",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_reply_is_no_reply(make, name):
    worker = make(MACHINERY + f"def f():\n    {FORGED[name]}\n")
    assert worker.call("f", (), {}, "any").failure.kind == "protocol"
    assert worker.call("works", (), {}, "any").value == 1


def test_a_forged_reply_in_form_is_only_the_students_answer(make):
    worker = make(
        MACHINERY + "def f(x):\n    m = machinery()\n    m['send'](m['pack'](('value', 2, 42, [], "
        "[], None), key_of=None))\n    os._exit(0)"
    )
    assert worker.call("f", (1,), {}, "any").value == 42


def test_a_slow_drip_meets_the_deadline(make):
    worker = make(
        MACHINERY + "def f():\n    os.write(4, struct.pack('<4sIQ', b'NNW1', 1000, 0))\n"
        "    while True:\n        os.write(4, b' '); time.sleep(0.05)"
    )
    assert worker.call("f", (), {}, "any").failure.kind == "timeout"


def test_a_worker_that_never_reads_does_not_hold_the_grader(make):
    worker = make(
        MACHINERY + "def f(): machinery()['receive'] = lambda: time.sleep(10**6)\ndef g(x): pass"
    )
    assert worker.call("f", (), {}, "any").failure is None
    assert worker.call("g", (np.zeros(10 << 17),), {}, "any").failure.kind == "timeout"
    assert worker.call("works", (), {}, "any").value == 1


def test_a_reply_over_the_cap_is_refused(make):
    worker = make(
        MACHINERY + "import numpy as np\ndef f():\n    machinery()['pack'].__kwdefaults__"
        "['body_cap'] = 1 << 40\n    g = machinery()['pack']\n    machinery()['pack'] = "
        "lambda v, key_of, body_cap=0: g(v, key_of=key_of)\n    return np.zeros(10 << 17)"
    )
    assert worker.call("f", (), {}, "any").failure.kind == "protocol"


def test_the_clock_is_the_kernels(run):
    reply = run(
        """
        import time
        start = time.process_time
        time.process_time = time.perf_counter = time.time = time.monotonic = lambda: 0.0
        def f():
            t = start()
            while start() - t < 0.2: pass
        """
    )
    assert reply.cpu_seconds >= 0.2


def test_objects_that_equal_everything_are_no_data(run):
    source = """
        import numpy as np
        class Yes:
            def __eq__(self, other): return True
        class Sub(np.ndarray):
            def __array_function__(self, *a): return True
            def __array_ufunc__(self, *a, **k): return True
        class Float(float):
            def __sub__(self, other): return 0.0
        class List(list): pass
        def f(): return [Yes(), np.array([Yes()]), np.zeros(3).view(Sub), Float(), List([1])]
        """
    names = ["Yes", "ndarray of object", "Sub", "Float", "List"]
    assert run(source).value == [Foreign(name) for name in names]


def test_numpy_patched_in_the_worker_stays_there(make):
    worker = make(
        """
        import sys
        import numpy as np
        def f():
            for name in ("allclose", "array_equal", "isfinite", "abs", "asarray"):
                setattr(np, name, lambda *a, **k: True)
            np.testing.assert_allclose = lambda *a, **k: None
            sys.modules["numpy"] = None
            return 1
        """
    )
    assert worker.call("f", (), {}, "any").value == 1
    assert not np.allclose(0, 1)


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
