"""The page of the class report: one self-contained file beside the students' pages."""

from __future__ import annotations

import os
import statistics
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from autograder.files import write_whole
from autograder.records.graded import Folder
from autograder.reports import charts
from autograder.reports.classreport import ENOUGH, WEAK, Report, test_title
from autograder.reports.pages import render_page

DEAREST = 8  # tests that cost the class most
GROUPS = 8  # of tests that fail together
DIAGNOSES = 40  # that are shown, the first of them at once
AT_ONCE = 10
NAMED = 60  # students of a diagnosis that are named
SLOWEST = 8


def write_report(out: Path, folder: Folder, report: Report) -> None:
    """Write the page whole."""
    write_whole(out, report_page(out, folder, report))


def report_page(out: Path, folder: Folder, report: Report) -> str:
    """The page as text; its links lead from `out` to the students' pages."""
    feedback = folder.path / "feedback"
    there = {path.name for path in feedback.glob("*.html")}
    above = Path(os.path.relpath(feedback.resolve(), out.resolve().parent)).as_posix()

    def link(student: str) -> str:
        name = f"{student}.html"
        return quote(f"{above}/{name}") if name in there else ""

    def title(component: str, test: str) -> str:
        return test_title(folder, component, test)

    points = report.points
    return render_page(
        "report.html",
        report=report,
        link=link,
        mean=statistics.fmean(points) if points else None,
        median=statistics.median(points) if points else None,
        full=sum(p >= report.max_points > 0 for p in points),
        distribution=charts.distribution(points, report.max_points),
        components=charts.components(report.shares, report.titles),
        by_component=[(name, list(lines)) for name, lines in groupby(report.tests, _component)],
        doubtful=sorted(
            (t for t in report.tests if t.doubtful), key=lambda t: t.discrimination or 0.0
        ),
        dearest=[(loss, title(loss.component, loss.test)) for loss in report.losses[:DEAREST]],
        together=[
            (group.students, [(c, title(c, test)) for c, test in group.tests])
            for group in report.together[:GROUPS]
        ],
        diagnoses=report.diagnoses[:DIAGNOSES],
        at_once=AT_ONCE,
        named=NAMED,
        slow=[(s, title(s.component, s.test)) for s in report.slow[:SLOWEST]],
        seconds_total=sum(s.seconds for s in report.slow),
        enough=ENOUGH,
        weak=WEAK,
        version=folder.results[0]["version"] if folder.results else "",
    )


def _component(line: object) -> str:
    return str(getattr(line, "component", ""))
