"""One worker process, held to its limits by the grader."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from pathlib import Path

from autograder.sandbox import wire
from autograder.sandbox.errors import ProtocolError, SandboxError
from autograder.sandbox.launcher import ForkServer
from autograder.sandbox.limits import Limits
from autograder.sandbox.worker import BROKEN, NO_MEMORY
from shared.calls import Failure

CHUNK = 1 << 18
TICK_MS = 20
# A worker that closed its reply pipe is on its way out; one that is not, will not be.
LAST_WORDS_MS = 2000
REAP_MS = 20_000
MOST_WAITING = 10  # times the seconds that a call may sleep: however busy the machine is
WORTH_A_LOOK = 0.05  # seconds of a call in which the worker had no core


class Ended(Exception):
    """The worker is no more; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


class Process:
    """A worker that takes one request at a time.

    Parameters
    ----------
    server
        What forks it, and reaps it at the end.
    limits
        Its limits.
    layers
        The names of the layers around it.
    """

    def __init__(self, server: ForkServer, limits: Limits, layers: tuple[str, ...]) -> None:
        self._server = server
        self._limits = limits
        requests, self._requests = os.pipe()
        self._replies, replies = os.pipe()
        self._output, output = os.pipe()
        try:
            self._forked = server.fork((requests, replies, output), limits, layers)
        except BaseException:
            self._close_pipes()
            raise
        finally:
            for fd in (requests, replies, output):
                os.close(fd)
        for fd in (self._requests, self._replies, self._output):
            os.set_blocking(fd, False)
        # Seconds that it slept where it should have answered, and its wait for a core so far.
        self.slept = 0.0
        self._waited = 0.0
        # A tripwire of the worker's was stepped over.
        self.meddled = False
        self._alive = True
        self.last_cpu = 0.0

    @property
    def pid(self) -> int:
        """The pid, its own until `kill`."""
        return self._forked.pid

    def cpu(self) -> float:
        """Read the CPU time used so far from the kernel; nothing in the worker can change it."""
        with contextlib.suppress(OSError):
            self.last_cpu = time.clock_gettime((~self.pid << 3) | 2)
        return self.last_cpu

    def exchange(
        self, request: bytes, *, cpu: float, body_cap: int, wall: float | None = None
    ) -> tuple[bytearray, float]:
        """Send a request (an empty one only listens) and wait for one frame.

        Parameters
        ----------
        request
            The frame to send.
        cpu
            Seconds of CPU time that it may take.
        body_cap
            Most bytes of arrays in the reply.
        wall
            Seconds that it may sleep, where they are not those of the limits.

        Returns
        -------
        tuple
            The reply's frame and the seconds of CPU time that it took.

        Raises
        ------
        Ended
            When there is no reply; the worker is gone then.
        """
        before = self.cpu()
        start = time.monotonic()
        wall = self._limits.call_wall if wall is None else wall
        look = start + wall
        unsent, reply, printed = memoryview(request), bytearray(), 0
        poll = select.poll()
        for fd in (self._replies, self._output):
            poll.register(fd, select.POLLIN)
        # Most requests fit the pipe at once, and need no poll to find that out.
        unsent = self._write(unsent) if unsent else unsent
        if unsent:
            poll.register(self._requests, select.POLLOUT)
        while True:
            ready = dict(poll.poll(TICK_MS))
            if self._requests in ready:
                unsent = self._write(unsent)
                if not unsent:
                    poll.unregister(self._requests)
            if self._output in ready:
                text = self._read(self._output)
                printed += len(text or b"")
                if text == b"":
                    poll.unregister(self._output)
                if printed > self._limits.output_kb * 1024:
                    raise self._end(Failure("output"))
            if self._replies in ready:
                data = self._read(self._replies)
                if data == b"":
                    raise self._ended_by_itself()
                reply += data or b""
                while reply.startswith(wire.MARK):
                    del reply[: len(wire.MARK)]
                    self.meddled = True
                done = self._is_whole(reply, body_cap)
            else:
                done = False
            used, now = self.cpu() - before, time.monotonic()
            is_late = used > cpu
            if now > look and not is_late:
                slept = self._sleep(now - start - used)
                is_late = slept > wall or now - start > MOST_WAITING * wall
                look = now + max(wall - slept, WORTH_A_LOOK)
            if done or is_late:
                self._remember_sleep(now - start - used)
            # Also of a reply that came: the verdict must not hang on when the grader looked.
            if is_late:
                raise self._end(Failure("timeout"))
            if done:
                return reply, used

    def kill(self) -> int | None:
        """End the worker and give its wait status; later calls do nothing."""
        if not self._alive:
            return None
        self._alive = False
        try:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._forked.pidfd, signal.SIGKILL)
            if not self._has_ended(REAP_MS):
                raise SandboxError(f"a worker (pid {self.pid}) cannot be killed")
            return self._server.reap(self._forked.key)
        finally:
            os.close(self._forked.pidfd)
            self._close_pipes()

    def broke_protocol(self, why: str) -> Ended:
        """End a worker whose answer is no answer."""
        return self._end(Failure("protocol", message=why))

    def _sleep(self, idle: float) -> float:
        """How much of the time without a core it did not want one; all, where nobody knows."""
        return max(0.0, idle - (self._wait() or self._waited) + self._waited)

    def _remember_sleep(self, idle: float) -> None:
        if idle > WORTH_A_LOOK and (waited := self._wait()) is not None:
            self.slept += max(0.0, idle - waited + self._waited)
            self._waited = waited

    def _wait(self) -> float | None:
        """Seconds in which it could have run and did not: the doing of a busy machine."""
        try:
            if os.readlink("/proc/self") != str(os.getpid()):
                return None  # a /proc of another pid namespace, where others have these numbers
            stat = Path(f"/proc/{self.pid}/schedstat").read_text(encoding="ascii")
            return int(stat.split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return None

    def _write(self, unsent: memoryview) -> memoryview:
        try:
            return unsent[os.write(self._requests, unsent[:CHUNK]) :]
        except BlockingIOError:
            return unsent
        except BrokenPipeError:
            raise self._ended_by_itself() from None

    def _read(self, fd: int) -> bytes | None:
        try:
            return os.read(fd, CHUNK)
        except BlockingIOError:
            return None

    def _is_whole(self, reply: bytearray, body_cap: int) -> bool:
        if len(reply) < wire.HEAD.size:
            return False
        try:
            size = wire.HEAD.size + sum(wire.lengths(reply[: wire.HEAD.size], body_cap))
        except ProtocolError as error:
            raise self.broke_protocol(str(error)) from None
        if len(reply) > size:
            raise self.broke_protocol("more than one reply to one request")
        return len(reply) == size

    def _has_ended(self, milliseconds: int) -> bool:
        poll = select.poll()
        poll.register(self._forked.pidfd, select.POLLIN)
        return bool(poll.poll(milliseconds))

    def _end(self, failure: Failure) -> Ended:
        self.kill()
        return Ended(failure)

    def _ended_by_itself(self) -> Ended:
        if not self._has_ended(LAST_WORDS_MS):
            return self.broke_protocol("it closed its pipes")
        used = self.cpu()
        status = self.kill() or 0
        return Ended(self._verdict(status, used))

    def _verdict(self, status: int, used: float) -> Failure:
        if os.WIFEXITED(status):
            code = os.WEXITSTATUS(status)
            if code == BROKEN:
                return Failure("protocol", message="its machinery broke")
            if code == NO_MEMORY:
                return Failure("memory")
            return Failure("exited", message=f"exit code {code}")
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU or (
            number == signal.SIGKILL and used >= self._limits.worker_cpu
        ):
            return Failure("timeout")
        return Failure("crashed", type=_signal_name(number))

    def _close_pipes(self) -> None:
        for fd in (self._requests, self._replies, self._output):
            os.close(fd)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
