"""Write what is done in threads: a disk takes longer to promise a file than to be handed it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

THREADS = 4
AHEAD = 16  # submissions whose files are not all promised yet


class Writers:
    """Work on different students at once, a bounded number of them; their errors come out here.

    However it is left, what was begun is ended first.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="writer")
        self._pending: deque[Future[None]] = deque()

    def do(self, work: Callable[[], None]) -> None:
        """Have something written; waits, and raises what earlier work raised, when many wait."""
        self._pending.append(self._threads.submit(work))
        while self._pending and (len(self._pending) > AHEAD or self._pending[0].done()):
            self._pending.popleft().result()

    def finish(self) -> None:
        """Wait until all is written."""
        while self._pending:
            self._pending.popleft().result()

    def __enter__(self) -> Writers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(wait=True)
