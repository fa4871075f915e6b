"""No surroundings: the layers of each worker are all there is."""

from __future__ import annotations

from collections.abc import Sequence


class Plain:
    """The fork server as an ordinary process."""

    name = "plain"
    shown = ""

    def missing(self) -> str:
        return ""

    def command(self, program: Sequence[str]) -> list[str]:
        return list(program)

    def enter(self) -> None:
        return None
