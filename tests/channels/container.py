"""Gradescope's container, as far as it concerns a grader: bubblewrap with a folder at /autograder.

As there, the zip lies unpacked in /autograder/source, its `run_autograder` is copied one up, the
work is in /autograder/submission, and everything runs as root with Docker's capabilities, or as
the only user where the tests are not root. Network and processes are its own, and its memory is
limited; nothing else of the machine can be written to. The environment that `setup.sh` makes is
the one that the tests run in.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY = 3 << 30  # bytes of address space of one process
SECONDS = 300.0  # then the container is ended
DOCKER = (
    *("chown", "dac_override", "fsetid", "fowner", "mknod", "net_raw", "setgid", "setuid"),
    *("setfcap", "setpcap", "net_bind_service", "sys_chroot", "kill", "audit_write"),
)
METADATA = {
    "id": 123456,
    "created_at": "2026-03-02T10:00:00.000000+03:00",
    "assignment": {"due_date": "2026-03-01T23:59:00.000000+03:00", "group_submission": True},
    "users": [
        {"email": "y@example.com", "id": 1, "name": "Дарья Ёлкина"},
        {"email": "z@example.com", "id": 2, "name": "Þórir"},
    ],
    "previous_submissions": [{"submission_time": "2026-02-28T10:00:00+03:00", "score": 3.0}],
}


@dataclass(frozen=True)
class Ran:
    """One run: results.json as it lies there (None where it does not) and what was printed."""

    results: dict[str, Any] | None
    status: int
    printed: str
    home: Path


def missing() -> str:
    """Why there can be no container here; empty where there can."""
    for name in ("bwrap", "prlimit"):
        if shutil.which(name) is None:
            return f"needs {name} (apt-get install bubblewrap util-linux)"
    return ""


def lay_out(home: Path, autograder: Path, submission: Mapping[str, str]) -> Path:
    """Make what Gradescope makes of an uploaded zip and a submission."""
    for name in ("source/.venv", "submission", "results"):
        (home / name).mkdir(parents=True)
    with zipfile.ZipFile(autograder) as archive:
        for entry in archive.infolist():
            archive.extract(entry, home / "source")
            (home / "source" / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    shutil.copy(home / "source" / "run_autograder", home / "run_autograder")
    for name, text in submission.items():
        (home / "submission" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "submission" / name).write_text(text, encoding="utf-8")
    (home / "submission_metadata.json").write_text(json.dumps(METADATA), encoding="utf-8")
    return home


def run(home: Path, *command: str, seconds: float = SECONDS) -> Ran:
    """Run `/autograder/run_autograder`, or another command."""
    done = subprocess.run(
        [*_container(home), *(command or ("/autograder/run_autograder",))],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
    path = home / "results" / "results.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    printed = (done.stdout + done.stderr).decode(errors="replace")
    return Ran(results, done.returncode, printed, home)


def _container(home: Path) -> list[str]:
    root = os.getuid() == 0
    kinds = ("pid", "net", "ipc", "uts", *(() if root else ("user",)))
    arguments = ["bwrap", *(f"--unshare-{kind}" for kind in kinds), "--die-with-parent"]
    arguments += ["--new-session", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin"]
    arguments += ["--cap-drop", "ALL"]
    for name in DOCKER if root else ():
        arguments += ["--cap-add", f"CAP_{name.upper()}"]
    for name in ("bin", "lib", "lib64"):
        if Path("/", name).is_symlink():
            arguments += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
        elif Path("/", name).exists():
            arguments += ["--ro-bind", f"/{name}", f"/{name}"]
    arguments += [
        "--ro-bind",
        "/usr",
        "/usr",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",
    ]
    if not Path(sys.base_prefix).is_relative_to("/usr"):
        arguments += ["--ro-bind", sys.base_prefix, sys.base_prefix]
    for name in ("hosts", "nsswitch.conf"):  # otter asks for `localhost` by its name
        arguments += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    arguments += ["--bind", str(home), "/autograder"]
    arguments += ["--ro-bind", os.path.realpath(sys.prefix), "/autograder/source/.venv"]
    return [*arguments, "--chdir", "/autograder", "--", "prlimit", f"--as={MEMORY}", "--"]
