"""`pytest --explain`: a picture of each failed comparison, in a file whose path is said."""

from __future__ import annotations

import re
from pathlib import Path

from shared.files import write_whole
from shared.heatmaps import heat_maps
from shared.verdicts import Outcome

FOLDER = "explain"


def draw(root: Path, outcome: Outcome, lang: str) -> str:
    """Write the picture of a test below `root`; its path from there, or nothing.

    A picture of an earlier run goes when the test has none any more.
    """
    name = re.sub(r"[^\w.-]+", "-", outcome.test).strip("-")
    path = root / FOLDER / outcome.component / f"{name}.svg"
    if outcome.picture is None:
        path.unlink(missing_ok=True)
        return ""
    write_whole(path, heat_maps(outcome.picture, lang))
    return path.relative_to(root).as_posix()
