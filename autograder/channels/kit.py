"""The kit itself as files, for a channel that grades elsewhere than in the checkout.

They are the staff's: they hold the solutions, the hidden tests and the course's secret.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from autograder.channels import archive
from autograder.course import SECRET_VARIABLE, Course, secret

ROOMS = ("autograder", "shared", "solutions/nn", "assignments/tests")
CONFIG = "grading.json"


def kit_files(course: Course) -> dict[str, bytes]:
    """What grading takes, by name; the file `CONFIG` is still to be added."""
    root = course.root
    files: dict[str, bytes] = {}
    for room in ROOMS:
        files |= archive.read_folder(root / room, root)
    files["course.toml"] = archive.read(root / "course.toml")
    files["LICENSE"] = archive.read(root / "docs" / "LICENSE")
    return files


def config(**about: Any) -> bytes:
    """The content of `CONFIG`: what `read_config` gives there, and the secret."""
    return (json.dumps({**about, "secret": secret()}, indent=1, ensure_ascii=False) + "\n").encode()


def read_config(root: Path) -> dict[str, Any]:
    """What `config` was told; from now on hidden data is drawn from the secret in it."""
    about: dict[str, Any] = json.loads((root / CONFIG).read_text(encoding="utf-8"))
    os.environ[SECRET_VARIABLE] = about["secret"]
    return about
