"""A PostgreSQL server of a test's own: Debian's package, a Unix socket, a folder in /tmp."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
MISSING = "PostgreSQL is not installed: apt-get install postgresql"
USER = "grader"
SECONDS = 60.0


class Postgres:
    """A server that runs as the user postgres, since it refuses to run as root."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._as: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            self._as = ["setpriv", *ids, "--"]
        self._run("initdb", "-D", "data", "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8")
        self.process = self._start()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """A new database; its URL."""
        self._run("createdb", "-h", str(self.folder), "-U", USER, database)
        return self.url(database)

    def kill(self) -> None:
        """SIGKILL, as by the kernel when memory runs out."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.process = self._start()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(SECONDS)
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as, str(INSTALLED[-1] / program), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def _start(self) -> subprocess.Popen[bytes]:
        deadline = time.monotonic() + SECONDS
        while True:
            process = subprocess.Popen(
                [
                    *self._as,
                    *(str(INSTALLED[-1] / "postgres"), "-D", "data", "-k", str(self.folder)),
                    *("-c", "listen_addresses=", "-c", "shared_buffers=16MB"),
                ],
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            # After a SIGKILL the old backends go by themselves; until then it does not start.
            while process.poll() is None:
                assert time.monotonic() < deadline, "PostgreSQL did not start in a minute"
                try:
                    self._run("pg_isready", "-q", "-h", str(self.folder))
                    return process
                except AssertionError:
                    time.sleep(0.05)
            assert time.monotonic() < deadline, "PostgreSQL did not start in a minute"
            time.sleep(0.1)
