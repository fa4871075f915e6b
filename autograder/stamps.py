"""What results and releases are stamped with: hashes of files, and of the course's secret."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

SECRET_VARIABLE = "EXPRESSML_SECRET"
DEMO_SECRET = "a secret that everyone knows: for the demo and for tests only"
# The files that a score depends on. What makes pages, tables and releases is none of them.
SCORED_BY = (
    "autograder/*.py",
    "autograder/intake/*.py",
    "autograder/running/*.py",
    "autograder/sandbox/*.py",
    "autograder/data/*.npz",
    "autograder/mutants/*.py",
    "autograder/standins/*.py",
    "autograder/suites/*.py",
    "assignments/tests/*.py",
    "shared/*.py",
    "shared/data/*",
    "solutions/nn/*.py",
)


def secret() -> str:
    """What the hidden tests' data is drawn from: an environment variable, else the demo's."""
    return os.environ.get(SECRET_VARIABLE) or DEMO_SECRET


def hash_files(root: Path, paths: Iterable[Path], salt: str = "") -> str:
    """SHA-256 over names and contents, shortened to 16 hexadecimal digits."""
    digest = hashlib.sha256(salt.encode())
    for path in paths:
        if path.exists():
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]
