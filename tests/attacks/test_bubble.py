"""The outer runner holds: whatever a control does ends with its bubble."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from tests.attacks import bubble

pytestmark = pytest.mark.skipif(bool(bubble.missing()), reason="no bubblewrap here")


def python(program: str, **options) -> bubble.Ended:
    prelude = "import os, sys, time\nfrom tests.attacks.bubble import say\n"
    return bubble.run([sys.executable, "-c", prelude + program], **options)


def descendants() -> list[str]:
    """The processes below this one, by their command lines."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [Path(f"/proc/{pid}/cmdline").read_text() for pid in children]


def test_an_answer_comes_out():
    ended = python("print('noise'); say({'a': [1]}); print('more')")
    assert (ended.status, ended.answer) == (0, {"a": [1]})
    assert "noise" in ended.output


def test_a_fork_bomb_ends_with_its_limits():
    before = descendants()
    program = """
made = 0
while True:
    try:
        pid = os.fork()
    except OSError:
        break
    if pid == 0:
        # A child goes on until it may not, and then stays.
        try:
            while True:
                os.fork()
        except OSError:
            pass
        time.sleep(60)
        os._exit(0)
    made += 1
say([made, len([name for name in os.listdir('/proc') if name.isdigit()])])
"""
    ended = python(program, seconds=20)
    made, alive = ended.answer
    assert 0 < made < bubble.PROCESSES
    assert alive <= bubble.PROCESSES + 2
    assert descendants() == before


def test_memory_ends_with_its_limit():
    program = """
taken = []
try:
    while True:
        taken.append(bytearray(64 << 20))
except MemoryError:
    say(len(taken))
"""
    assert 4 <= python(program, seconds=30).answer < bubble.MEMORY // (64 << 20)


def test_disk_ends_with_its_limit():
    program = """
written = {}
for folder in ('/tmp', '/dev/shm'):
    written[folder] = 0
    try:
        for number in range(99):
            with open(f'{folder}/{number}', 'wb', buffering=0) as file:
                written[folder] += file.write(bytes(8 << 20))
    except OSError as error:
        pass
say(written)
"""
    written = python(program, seconds=30).answer
    assert set(written) == {"/tmp", "/dev/shm"}
    assert all(0 < size <= bubble.DISK for size in written.values())


def test_nothing_else_can_be_written():
    program = f"""
opened = []
for folder in ('/', '/dev', '/usr', '/etc', {str(bubble.ROOT)!r}, {sys.prefix!r}):
    try:
        open(folder + '/planted', 'w')
        opened.append(folder)
    except OSError:
        pass
say(opened)
"""
    assert python(program).answer == []
    assert not (bubble.ROOT / "planted").exists()


def test_a_loop_ends_with_its_time():
    assert python("while True: pass", cpu=1).status not in (0, None)
    start = time.monotonic()
    assert python("time.sleep(600)", seconds=1).status is None
    assert time.monotonic() - start < 60


def test_output_without_end_ends():
    ended = python("while True: os.write(1, b'x' * (1 << 20))", seconds=30)
    assert ended.status != 0
    assert len(ended.output) <= bubble.OUTPUT_READ


def test_no_signal_leaves():
    arrived = []
    before = signal.signal(signal.SIGTERM, lambda *_: arrived.append(1))
    try:
        program = f"""
import signal
for pid in ({os.getpid()}, -1):
    try:
        os.kill(pid, signal.SIGTERM)
    except OSError:
        pass
say('alive')
"""
        python(program)
        time.sleep(0.1)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert arrived == []


def test_a_survivor_does_not_survive(tmp_path):
    before = descendants()
    program = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
say('gone')
"""
    assert python(program).answer == "gone"
    assert descendants() == before


def test_the_host_cannot_be_reached_or_seen():
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = f"""
import socket
try:
    socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), timeout=1)
    say('connected')
except OSError:
    say([os.getuid(), sorted(int(n) for n in os.listdir('/proc') if n.isdigit())[-1],
         os.path.exists('/home'), dict(os.environ)])
"""
        user, highest, home, environment = python(program).answer
    assert user != 0
    assert highest < 20
    assert not home
    assert not set(environment) & {"USER", "SHELL", "OLDPWD"}


def test_a_capability_is_given_only_when_asked_for():
    program = """
import socket
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    say(True)
except PermissionError:
    say(False)
"""
    assert python(program).answer is False
    assert python(program, capabilities=["net_raw"]).answer is True
