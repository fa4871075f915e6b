"""Bubblewrap around the fork server: namespaces, and a root with what Python needs, read-only."""

from __future__ import annotations

import os
import shutil
import site
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Of the kit, what the fork server imports: neither solutions nor tests.
OWN = ("autograder/__init__.py", "autograder/sandbox", "shared")
# Libraries wherever a distribution keeps them; where Debian's BLAS is chosen; NixOS and Guix.
SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/nix/store", "/gnu/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
)
KEPT = ("CAP_KILL", "CAP_SETGID", "CAP_SETUID")


@dataclass(frozen=True)
class Bubblewrap:
    """The fork server below `bwrap`.

    Parameters
    ----------
    ids
        Without a user namespace, so that each worker can have a user id of its own; for root.
    """

    ids: bool
    shown: str = "namespaces by bwrap"

    @property
    def name(self) -> str:
        return "bwrap with ids" if self.ids else "bwrap"

    def missing(self) -> str:
        if shutil.which("bwrap") is None:
            return "bwrap is not installed (apt install bubblewrap)"
        return "only root can have user ids in it" if self.ids and os.geteuid() != 0 else ""

    def command(self, program: Sequence[str]) -> list[str]:
        namespaces = ["pid", "net", "ipc", "uts", "cgroup-try", *([] if self.ids else ["user"])]
        capabilities = [word for name in KEPT for word in ("--cap-add", name)]
        return [
            shutil.which("bwrap") or "bwrap",
            *(f"--unshare-{name}" for name in namespaces),
            "--die-with-parent",
            "--new-session",
            "--as-pid-1",
            "--cap-drop",
            "ALL",
            *(capabilities if self.ids else []),
            *_binds(),
            "--chdir",
            "/",
            "--",
            *program,
        ]

    def enter(self) -> None:
        return None


def _binds() -> list[str]:
    pythons = sorted({os.path.abspath(folder) for folder in _python_folders()})
    # The checkout may lie below one of them (a kit in /usr/src), and the Python in the checkout
    # (.venv): hide it, then show what of it is needed.
    inside = [folder for folder in pythons if Path(folder).is_relative_to(ROOT)]
    outside = [folder for folder in pythons if folder not in inside]
    own = [str(ROOT / name) for name in OWN]
    # Nothing else lies below a checkout that is the root itself.
    hidden = [] if ROOT.parent == ROOT else [str(ROOT)]
    return [
        *_each("--ro-bind-try", *SYSTEM, *outside),
        *(word for folder in hidden for word in ("--tmpfs", folder)),
        *_each("--ro-bind-try", *inside, *own),
        *_links([*SYSTEM, *pythons]),
        # What bwrap made to hold all this can be written to.
        *(word for folder in (*hidden, "/") for word in ("--remount-ro", folder)),
    ]


def _each(option: str, *paths: str) -> Iterator[str]:
    for path in paths:
        yield from (option, path, path)


def _python_folders() -> Iterator[str]:
    yield from (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    yield from map(os.path.realpath, (sys.prefix, sys.base_prefix))
    yield from site.getsitepackages()


def _links(bound: list[str]) -> list[str]:
    """Follow the executable's links to where they leave the folders that are bound."""
    words, path = [], os.path.abspath(sys.executable)
    while os.path.islink(path):
        target = os.path.join(os.path.dirname(path), os.readlink(path))
        if not any(Path(path).is_relative_to(folder) for folder in bound):
            words += ["--symlink", target, path]
        path = os.path.normpath(target)
    return words
