"""Exports: what other programs read, who is missing or unknown, and a disk that is full."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.records.rosters import match, read_roster
from autograder.sheets import for_people, for_programs, read_table
from tests.attacks import bubble
from tests.autograder import made_up

EVIL = '=cmd|" c calc"!A1'


@pytest.fixture(scope="module")
def graded(tmp_path_factory, course: Course) -> Path:
    return made_up.write(
        tmp_path_factory.mktemp("graded"),
        course,
        [
            made_up.of_strength("007", 0.9),
            made_up.of_strength("anna@uni.ru", 0.4),
            made_up.of_strength("Ёлкина Дарья", 0.6),
            made_up.of_strength(EVIL, 0.2),
            made_up.of_strength("stranger", 0.5),
            made_up.unread("broken"),
            made_up.internal("our fault"),
        ],
    )


def points(graded: Path, student: str, component: str = "") -> float:
    data = json.loads((graded / "results" / f"{student}.json").read_text(encoding="utf-8"))
    return (data["components"][component] if component else data)["points"]


CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Old (1)\r\n"
    "    Points Possible,,,,,10\r\n"
    '"Bond, James",4001,007,jb007,S-1,3\r\n'
    '"Anna, Anna",4002,00123,anna@uni.ru,S-1,\r\n'
    '"Дарья, Ёлкина",4003,00124,d,S-2,\r\n'
    '"Zed, Broken",4004,00125,broken,S-2,\r\n'
    '"Fault, Our",4005,00126,our fault,S-2,\r\n'
    '"=1+1",4006,00127,"=cmd|"" c calc""!A1",S-2,\r\n'
    '"Late, Nobody",4007,00128,nobody,S-2,\r\n'
)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "canvas.csv"
    path.write_text(CANVAS, encoding="utf-8", newline="")
    return path


def export(graded: Path, out: Path, *more: str) -> list[list[str]]:
    assert main(["export", str(graded), "--out", str(out), *more]) == 0
    return list(csv.reader(io.StringIO(out.read_text(encoding="utf-8"), newline="")))


def test_canvas_gets_its_own_columns_and_nobody_that_it_does_not_know(
    graded, roster, tmp_path, capsys
):
    more = ("--to", "canvas", "--roster", str(roster), "--title", "HW 1", "--assignment", "77")
    head, possible, *rows = export(graded, tmp_path / "out.csv", *more)
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "HW 1 (77)"]
    assert possible == ["    Points Possible", "", "", "", "", "40"]
    by_id = {row[1]: row for row in rows}
    assert by_id["4001"] == [
        "Bond, James",
        "4001",
        "007",
        "jb007",
        "S-1",
        f"{points(graded, '007'):g}",
    ]
    assert by_id["4004"][5] == "0"  # could not be read: that is a grade
    assert by_id["4005"][5] == ""  # our fault: not a zero
    assert by_id["4006"][0] == "=1+1"  # a machine's format: as it is
    assert by_id["4006"][3] == EVIL
    assert "4007" not in by_id  # nothing was handed in, and no grade is taken away
    assert not any("stranger" in cell for row in rows for cell in row)
    printed = capsys.readouterr()
    assert "5 grades of 6 students; 2 missing or unknown are not in it" in printed.out
    said = printed.err
    assert "missing, in the roster without a result: Late, Nobody (00128)" in said
    assert "unknown, a result that is of nobody in the roster: stranger" in said
    assert "not graded, left blank: our fault" in said


def test_strict_writes_nothing_while_somebody_is_missing(graded, roster, tmp_path, capsys):
    out = tmp_path / "out.csv"
    more = ["--out", str(out), "--roster", str(roster), "--strict"]
    assert main(["export", str(graded), "--to", "canvas", *more]) == 1
    assert not out.exists()
    assert "nothing was written" in capsys.readouterr().err


def test_moodles_worksheet_comes_back_filled_in(graded, tmp_path):
    sheet = tmp_path / "worksheet.csv"
    sheet.write_text(
        "Identifier,Full name,Email address,Status,Grade,Maximum grade,Last modified (grade)\n"
        'Participant 11,Anna Anna,ANNA@uni.ru,,,40,"Monday, 1 June 2026, 9:00 AM"\n'
        "Participant 12,Ёлкина Дарья,d@uni.ru,,,40,-\n",
        encoding="utf-8",
    )
    head, *rows = export(graded, tmp_path / "out.csv", "--to", "moodle", "--roster", str(sheet))
    # Moodle's own importer takes no file without these three.
    assert {"Identifier", "Grade", "Last modified (grade)"} <= {*head}
    found = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert {*found} == {"Participant 11", "Participant 12"}
    anna = found["Participant 11"]
    assert float(anna["Grade"]) == points(graded, "anna@uni.ru")
    assert anna["Last modified (grade)"] == "Monday, 1 June 2026, 9:00 AM"
    assert anna["Feedback comments"].startswith(
        f"Dropout: {points(graded, 'anna@uni.ru', 'dropout'):g} of 20;"
    )


def test_gradescopes_columns_list_the_whole_class(graded, roster, tmp_path):
    head, *rows = export(
        graded, tmp_path / "out.csv", "--to", "gradescope", "--roster", str(roster)
    )
    assert head[:4] == ["First Name", "Last Name", "SID", "Email"]
    assert head[8:] == ["1: Dropout (20.0 pts)", "2: Convolution (20.0 pts)"]
    found = {row[2]: dict(zip(head, row, strict=True)) for row in rows}
    assert (found["007"]["First Name"], found["007"]["Last Name"]) == ("James", "Bond")
    assert found["00126"]["Status"] == "Ungraded"
    assert found["00128"]["Status"] == "Missing"
    assert found["00126"]["Total Score"] == found["00128"]["Total Score"] == ""


def test_a_component_alone(graded, tmp_path):
    head, possible, *rows = export(graded, tmp_path / "o", "--to", "canvas", "--component", "conv")
    assert head[5] == "Convolution"
    assert possible[5] == "20"
    found = {row[3]: row[5] for row in rows}
    assert float(found["007"]) == points(graded, "007", "conv")
    assert found["broken"] == "0"
    assert found["our fault"] == ""


def test_the_table_for_people_runs_no_formula_and_keeps_ids(graded, tmp_path):
    head, *rows = export(graded, tmp_path / "plain.csv", "--to", "csv")
    found = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert found["007"]["points"] == f"{points(graded, '007'):g}"
    assert f"'{EVIL}" in found
    assert EVIL not in found
    assert found["our fault"]["points"] == ""
    assert {row["status"] for row in found.values()} == {"graded", "unreadable", "ungraded"}
    assert '"007"' in (tmp_path / "plain.csv").read_text(encoding="utf-8")

    assert main(["export", str(graded), "--to", "csv", "--excel"]) == 0
    data = (graded / "export-csv.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    (graded / "export-csv.csv").unlink()
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row[0] for row in rows if "007" in row[0]] == ['="007"']
    fractions = {row[1] for row in rows[1:] if row[1]}
    assert any("," in cell for cell in fractions)
    assert not any("." in cell for cell in fractions)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "  ="])
def test_whatever_a_spreadsheet_would_run_is_held_back_for_people_alone(start):
    cell = f'{start}HYPERLINK("x";1),"'
    for excel in (False, True):
        text = for_people([[cell, -1.5]], excel=excel).removeprefix("\ufeff")
        (row,) = csv.reader(io.StringIO(text, newline=""), delimiter=";" if excel else ",")
        assert row == [f"'{cell}", "-1,5" if excel else "-1.5"]
    (row,) = csv.reader(io.StringIO(for_programs([[cell, -1.5]]), newline=""))
    assert row == [cell, "-1.5"]


def test_json_holds_everything(graded, roster, tmp_path):
    export(graded, tmp_path / "out.json", "--to", "json", "--roster", str(roster))
    data = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    found = {row["student"] or row["id"]: row for row in data["students"]}
    assert len(found) == 8
    assert found["stranger"]["status"] == "unknown"
    assert found["our fault"]["points"] is None
    assert found["00128"]["status"] == "missing"
    assert found["007"]["id"] == "007"
    assert found["Ёлкина Дарья"]["components"]["conv"] == points(graded, "Ёлкина Дарья", "conv")


def test_two_of_one_name_are_never_mixed_up(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text(
        "first name;last name;sid;email\nAnna;Lee;1;a1@x.org\nAnna;Lee;2;a2@x.org\n"
        "Bo;Lee;3;b@x.org\nBo;Lee;3;b@x.org\n"
    )
    people = read_roster(path)
    found = match(["a2@x.org", "Anna Lee", "lee bo"], people)
    assert found.people["a2@x.org"].sid == "2"
    assert found.people["lee bo"].sid == "3"
    assert found.unknown == ("Anna Lee",)
    assert found.doubtful["Anna Lee"] == "Anna Lee (1) or Anna Lee (2)"
    assert [p.sid for p in found.missing] == ["1"]
    with pytest.raises(Exception, match=r"the results of 3 and b@x\.org are both of Bo Lee"):
        match(["3", "b@x.org"], people)
    path.write_text("folder,name\nsubmission 1,Anna Lee\nsubmission 2,Anna Lee\n")
    found = match(["submission 2", "submission 1"], read_roster(path))
    assert not found.unknown
    assert not found.missing


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no header"),
        (b"colour,size\nred,1\n", "no column that a student can be known by"),
        ("имя\nДарья".encode("cp1251"), "is not UTF-8"),
        (b"name,email\na,b,c,d\n", "row 2 has 4 cells"),
        (b'name,email\n"a\0' + b"x" * 200_000, "cannot be read"),
        (None, "cannot read the roster"),
    ],
)
def test_a_roster_that_cannot_be_read_is_said_in_a_line(graded, tmp_path, capsys, content, said):
    path = tmp_path / "roster.csv"
    if content is not None:
        path.write_bytes(content)
    more = ["--to", "csv", "--out", str(tmp_path / "out.csv"), "--roster", str(path)]
    assert main(["export", str(graded), *more]) == 4
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


def test_a_table_is_read_with_any_separator():
    for separator in ",;\t":
        text = f'\ufeffName{separator}Id\r\n"A{separator} ""B"""{separator}007\r\n\r\n'
        assert read_table(text) == [{"Name": f'A{separator} "B"', "Id": "007"}]


def test_wrong_use_is_said(graded, tmp_path, capsys):
    for arguments, said in (
        ([str(graded), "--to", "canvas", "--excel"], "--excel is for people"),
        ([str(graded), "--to", "canvas", "--assignment", "x"], "number of an assignment"),
        ([str(graded), "--to", "csv", "--component", "con"], "did you mean conv?"),
        ([str(tmp_path), "--to", "csv"], "holds no results"),
    ):
        assert main(["export", *arguments]) == 4
        assert said in capsys.readouterr().err


def test_a_damaged_result_is_named_and_not_exported(graded, tmp_path, course, capsys):
    folder = made_up.write(tmp_path / "g", course, [made_up.of_strength("whole", 0.5)])
    (folder / "results" / "half.json").write_text('{"format": 1, "student": "half"')
    (folder / "results" / "old.json").write_text('{"format": 0, "student": "old"}')
    rows = export(folder, tmp_path / "out.csv", "--to", "csv")
    assert [row[0] for row in rows] == ["student", "whole"]
    said = capsys.readouterr().err
    assert "cannot be read, left out: results/half.json" in said
    assert "cannot be read, left out: results/old.json" in said


FULL = """
from pathlib import Path

from autograder.cli import main
from autograder.course import load_course
from tests.attacks.bubble import say
from tests.autograder import made_up

folder = made_up.write(Path("/tmp/g"), load_course(), [made_up.of_strength("anna", 0.5)])
out = Path("/tmp/out")
said = []
for name in ("export", "report", "similar"):
    place = out / name
    if name == "similar":
        Path("/tmp/in/anna/nn").mkdir(parents=True)
        Path("/tmp/in/anna/nn/conv.py").write_text("def f(x):\\n    return x\\n")
        arguments = [name, "/tmp/in", "--out", str(place)]
    else:
        arguments = [name, str(folder), "--out", str(place)]
    arguments += ["--to", "csv"] * (name == "export")
    assert main(arguments) == 0
    whole = place.read_bytes()
    place.write_bytes(b"old")
    fillers = [Path(f"/tmp/filler{n}") for n in range(4)]  # one file may not have it all
    for filler in fillers:
        with open(filler, "wb", buffering=0) as file:
            try:
                while file.write(bytes(1 << 12)):
                    pass
            except OSError:
                pass
    status = main(arguments)
    said.append([name, status, place.read_text(), sorted(p.name for p in out.iterdir())])
    for filler in fillers:
        filler.unlink()
    assert main(arguments) == 0
    assert place.read_bytes() == whole
say(said)
"""


def test_a_full_disk_leaves_what_was_there_and_is_said():
    if why := bubble.missing():
        pytest.skip(why)
    ended = bubble.run([sys.executable, "-c", FULL], seconds=120, cpu=60)
    assert ended.answer is not None, ended.output
    names: list[str] = []
    for name, status, content, there in ended.answer:
        names.append(name)
        assert (name, status, content) == (name, 4, "old")
        assert there == sorted(names)  # and no half-written file beside it
    assert names == ["export", "report", "similar"]
    assert ended.output.count("No space left on device; nothing there was changed") == 3
