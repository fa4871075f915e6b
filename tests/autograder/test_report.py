"""The class report: its figures, and both pages for the staff in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.records.graded import final_points, read_folder
from autograder.reports import charts
from autograder.reports.classreport import discriminations, make_report
from shared.messages import message
from tests.autograder import made_up

MEDDLER = "<i>Ёлкина & Co/#1".replace("/", "_")
NUMBER = 24


def meddler(info):
    flag = message("needs-look", function="dropout_forward")
    if info.test == "test_1" and info.component == "dropout":
        return made_up.outcome(info, "passed", flags=(flag,))
    if info.test == "test_3":
        values = {"got": 1.5, "expected": 2.5, "error": 0.25, "limit": 1e-9, "index": (0, 1)}
        return made_up.outcome(info, "failed", message("values", what="d3", **values))
    return made_up.outcome(info, "passed")


@pytest.fixture(scope="module")
def graded(tmp_path_factory, course: Course) -> Path:
    results = [made_up.of_strength(f"student{n:02d}", n / NUMBER) for n in range(NUMBER)]
    weak = made_up.of_strength("weak", 0.5)
    weak["environment"]["level"] = "weak"
    results += [weak, made_up.result(MEDDLER, meddler), made_up.unread("broken")]
    results += [made_up.internal("our fault")]
    return made_up.write(tmp_path_factory.mktemp("class") / "graded", course, results)


@pytest.fixture(scope="module")
def report(graded):
    return make_report(read_folder(graded))


def test_discrimination_is_the_correlation_with_all_other_tests():
    scores = np.array([[2, 0, 1, 1], [2, 0, 1, 0], [2, 3, 0, 1], [2, 3, 1, np.nan]], float)
    found = discriminations(scores)
    assert np.isnan(found[0])  # everybody passed
    # By hand: (0, 0, 3, 3) with what the other three give, (4, 3, 3, 3).
    assert found[1] == pytest.approx(np.corrcoef([0, 0, 3, 3], [4, 3, 3, 3])[0, 1])
    # A student for whom a test did not run does not count for it.
    assert found[3] == pytest.approx(np.corrcoef([1, 0, 1], [3, 3, 5])[0, 1])
    assert np.isnan(discriminations(scores[:2])).all()  # of two, every correlation is 1 or -1


def test_a_test_that_the_strong_fail_is_pointed_out(tmp_path, course):
    def turned(place):
        def judge(info):
            n = int(info.test.removeprefix("test_"))
            passes = place < 6 if info.test == "test_5" else place > n
            return made_up.outcome(info, "passed" if passes or n == 0 else "failed")

        return judge

    results = [made_up.result(f"s{n:02d}", turned(n)) for n in range(12)]
    lines = make_report(read_folder(made_up.write(tmp_path, course, results))).tests
    by_name = {(t.component, t.test): t for t in lines}
    assert by_name["conv", "test_5"].discrimination < -0.5
    assert {t.test for t in lines if t.doubtful} == {"test_5"}
    assert by_name["conv", "test_4"].discrimination > 0.3
    assert by_name["conv", "test_0"].discrimination is None
    assert by_name["conv", "test_4"].rate == pytest.approx(7 / 12)
    rates = [t.rate for t in lines if t.component == "conv"]
    assert rates == sorted(rates)


def test_the_kits_own_fault_counts_for_no_test_and_is_no_zero(report):
    assert all(t.taken == NUMBER + 2 for t in report.tests)
    assert len(report.points) == NUMBER + 3
    assert report.points[0] == 0  # the broken zip
    (ours,) = [s for s in report.students if s.points is None]
    assert ours.student == "our fault"
    assert report.students[-1] is ours


def test_the_same_mistake_has_the_same_words(report):
    told = {d.text: d for d in report.diagnoses if d.component == "conv"}
    wrong = told["`d3` is wrong: relative error over the limit of 1e-09."]
    assert MEDDLER in wrong.students  # told by a local test, with numbers
    assert len(wrong.students) > 3
    counts = [len(d.students) for d in report.diagnoses]
    assert counts == sorted(counts, reverse=True)
    assert not any("2.5" in d.text for d in report.diagnoses)


def test_where_points_are_lost_and_what_was_said(report):
    lost = report.losses
    assert [x.points for x in lost] == sorted((x.points for x in lost), reverse=True)
    assert sum(x.share for x in lost) == pytest.approx(1)
    # What failed lost its points and nobody else did; the kit's own fault is no loss.
    assert all(x.points == pytest.approx(2.5 * (1 - x.passed / x.taken)) for x in lost)
    assert all(x.taken == NUMBER + 2 for x in lost)
    dearest = lost[0]
    assert dearest.test == f"test_{made_up.TESTS - 1}"
    assert dearest.because.startswith(f"`d{made_up.TESTS - 1}` is wrong")
    assert dearest.told == dearest.taken - dearest.passed


def test_tests_that_the_same_students_fail_stand_together(tmp_path, course):
    def judge(number):
        def verdict(info):
            n = int(info.test.removeprefix("test_"))
            if number == 11:  # an empty file: everything fails together, and says nothing
                return made_up.outcome(info, "failed")
            wrong = info.component == "conv" and (
                (n in (2, 5) and number < 4) or (n == 6 and 2 < number < 8)
            )
            return made_up.outcome(info, "failed" if wrong else "passed")

        return verdict

    results = [made_up.result(f"s{n:02d}", judge(n)) for n in range(12)]
    found = make_report(read_folder(made_up.write(tmp_path, course, results))).together
    assert [(g.tests, g.students) for g in found] == [
        ((("conv", "test_2"), ("conv", "test_5")), ("s00", "s01", "s02", "s03"))
    ]


def test_who_needs_a_look_and_why(report):
    found = {look.student: " ".join(look.reasons) for look in report.looks}
    assert {*found} == {"weak", MEDDLER, "broken", "our fault"}
    assert "level weak" in found["weak"]
    assert "`dropout_forward` was disturbed" in found[MEDDLER]
    assert "broken.zip cannot be unpacked" in found["broken"]
    assert "no zero" in found["our fault"]
    assert f"failed in {2 * made_up.TESTS} tests" in found["our fault"]
    assert any("level of isolation" in notice for notice in report.notices)


def test_final_points_are_never_a_made_up_zero(graded):
    results = {r["student"]: r for r in read_folder(graded).results}
    assert final_points(results["our fault"]) is None
    assert final_points(results["our fault"], "conv") is None
    assert final_points(results["broken"]) == final_points(results["broken"], "conv") == 0
    assert final_points(results["weak"], "pool") is None


def test_charts_are_the_same_bytes_in_the_pages_colours():
    points = [0.0, 3, 3.5, 10, 10]
    one, other = charts.distribution(points, 10), charts.distribution(points, 10)
    assert one == other
    assert one.startswith('<svg role="img" aria-label="Students by points. 0 to 1: 1, 3 to 4: 2,')
    assert "var(--bar)" in one
    assert not re.search(r"#0[1-4]0[2-5]0[3-6]", one)
    assert "<metadata" not in one
    odd = charts.components({"a": (0.5, 1.0)}, {"a": '<b> & "quotes"'})
    assert "<b>" not in odd
    assert "&lt;b&gt; &amp;" in odd
    assert charts.distribution([], 0).startswith("<svg")
    assert charts.components({}, {}).startswith("<svg")


def test_both_pages_in_a_browser(graded, tmp_path, capsys, open_page):
    assert main(["report", str(graded)]) == 0
    assert f"{NUMBER + 4} submissions, 4 to look at" in capsys.readouterr().out
    page = graded / "report.html"
    submissions = tmp_path / "in"
    source = "def f(x, w):  # </span><script>alert(1)</script>\n" + "".join(
        f"    y{n} = x * {n} + w - {n}\n" for n in range(9)
    )
    source += f"    return y8 + {'+'.join('x' * 200)}\n"
    for who in ("<i>one", "two" * 30):
        (submissions / who).mkdir(parents=True)
        (submissions / who / "conv.py").write_text(source, encoding="utf-8")
    pairs = tmp_path / "similar.html"
    assert main(["similar", str(submissions), "--out", str(pairs)]) == 0

    for width, dark in ((1280, False), (390, False), (390, True)):
        opened = open_page(page, width=width, dark=dark)
        assert opened.complaints == []
        assert opened.title.startswith("Class report")
        tab = opened.tab
        # Everything is unfolded, and still nothing is wider than the window.
        tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.locator("svg.chart").count() == 2
        texts = tab.locator("svg.chart text").all()
        assert min(t.bounding_box()["height"] for t in texts) >= 10  # pixels: it can be read
        ink = tab.evaluate("getComputedStyle(document.body).color")
        colours = {t.evaluate("t => getComputedStyle(t).fill") for t in texts}
        assert ink in colours  # the chart follows the page into the dark
        opened = open_page(pairs, width=width, dark=dark)
        assert opened.complaints == []
        assert opened.tab.locator("details.pair").count() == 1
        left, right = opened.tab.locator(".side").all()[:2]
        side_by_side = left.bounding_box()["y"] == right.bounding_box()["y"]
        assert side_by_side == (width > 1000)
        assert opened.tab.locator(".on").count() >= 20
        assert "</span><script>alert(1)</script>" in opened.text(".side")

    tab = open_page(page).tab
    link = tab.locator("td a", has_text=MEDDLER).first
    link.click()
    assert MEDDLER in tab.title()
    # The pages are in the course's language, which is Russian.
    assert "что-то помешало" in tab.locator("body").inner_text()
    tab.go_back()
    hrefs = tab.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    assert len(hrefs) > NUMBER
    for href in {*hrefs}:
        tab.goto(page.as_uri().rsplit("/", 1)[0] + "/" + href)
        assert tab.locator("h1").count() == 1
