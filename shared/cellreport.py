"""What a check shows under its cell: each failure with its picture, then the table."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from shared.heatmaps import heat_maps
from shared.inprocess import Infos
from shared.language import choose
from shared.messages import message, render
from shared.plugin import UNFINISHED
from shared.release import Release
from shared.report import CellScreen, failure_text, write_table
from shared.verdicts import Outcome

PRINTED = 2_000  # characters of what a failing function printed that are shown


def show(
    outcomes: Sequence[Outcome],
    infos: Infos,
    printed: dict[str, str],
    release: Release,
    function: str,
) -> None:
    """Print the failures and the table, and display the pictures.

    Parameters
    ----------
    outcomes, infos, printed
        What `shared.notebook.run` gives.
    release : Release
    function : str
        The function that the check is about; empty for all.
    """
    lang = choose(release.language)
    for outcome in outcomes:
        unfinished = any(m.id in UNFINISHED for m in outcome.messages)
        if outcome.verdict not in ("passed", "skipped") and not unfinished:
            info = infos[outcome.component, outcome.test]
            print(failure_text(outcome, info, lang=lang))
            if printed.get(outcome.test):
                text = printed[outcome.test][-PRINTED:].rstrip()
                print(f"  {render(message('heading-printed'), lang)}:")
                print("\n".join(f"    {line}" for line in text.splitlines()))
            print()
            if outcome.picture is not None:
                ipython = importlib.import_module("IPython.display")
                ipython.display(ipython.SVG(heat_maps(outcome.picture, lang)))
    write_table(CellScreen(), outcomes, infos, release, function, lang)
