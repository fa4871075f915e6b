"""`tests/release.json`: what a student's folder knows of the release that it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.errors import CheckFailed
from shared.messages import message
from shared.signatures import Signature

FILE = "release.json"
FORMAT = 1


@dataclass(frozen=True)
class Release:
    """Version and suite hash of a release, and the signatures of its functions.

    `components` maps a name to its title, its functions' signatures, the digest of its stub, and
    the number and the points of its hidden tests. `language` is the course's.
    """

    version: str
    suite: str
    components: Mapping[str, Mapping[str, Any]]
    language: str = ""

    def signatures(self, component: str) -> dict[str, Signature]:
        """The functions of a component.

        Raises
        ------
        CheckFailed
            When the release does not know it.
        """
        if component not in self.components:
            raise CheckFailed(message("older-release", component=component, version=self.version))
        functions = self.components[component]["functions"]
        return {name: Signature.from_json(name, data) for name, data in functions.items()}


def find_release(folder: Path) -> Release:
    """Read the release file of a folder of tests.

    Raises
    ------
    CheckFailed
        When there is none, with what to do about it.
    """
    path = folder / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckFailed(message("no-release", file=str(path))) from None
    language = str(data.get("language", ""))
    return Release(data["version"], data["suite"], data["components"], language)


def digest(text: str) -> str:
    """What tells whether a stub is still as it was released."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()[:16]
