"""Similar submissions: what is found however it was dressed up, and what is let go."""

from __future__ import annotations

import ast
import itertools
import random
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from autograder.authoring.cells import Cell
from autograder.authoring.notebooks import nodes, to_text
from autograder.authoring.variants import Variant, read_variants
from autograder.cli import main
from autograder.course import Course
from autograder.reports.similarity import COMMON, SHARE, compare, find_similar
from autograder.reports.similarpage import groups, similar_page
from autograder.reports.winnowing import EMPTY, fingerprints

NAMES = ("conv", "optimizers")


def shared(one: str, other: str) -> float:
    """How much of the smaller one's structure both have."""
    first, second = ({*fingerprints(text).hashes.tolist()} for text in (one, other))
    return len(first & second) / min(len(first), len(second))


def functions(variant: Variant) -> dict[str, str]:
    return {
        node.name: ast.unparse(node)
        for node in variant.replaced
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }


class Renamed(ast.NodeTransformer):
    """Every name that a function chose, and its docstring, exchanged."""

    def __init__(self, tree: ast.AST) -> None:
        self.names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and self.stored(n)}
        self.names |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}

    def stored(self, node: ast.Name) -> bool:
        return isinstance(node.ctx, ast.Store)

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = f"other_{node.id}" if node.id in self.names else node.id
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(f"other_{node.arg}", annotation=ast.Name("object"))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(ast.Constant("All my own work.")))
        return node


def disguised(source: str) -> str:
    """Renamed, its functions in another order, without comments, laid out anew."""
    tree = ast.parse(source)
    tree = ast.fix_missing_locations(Renamed(tree).visit(tree))
    head = [n for n in tree.body if not isinstance(n, ast.FunctionDef)]
    tail = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    tree.body = head + tail[::-1]
    return re.sub(r"^( +)", r"\1\1", ast.unparse(tree), flags=re.M).replace("\n\n", "\n# mine\n\n")


@pytest.fixture(scope="module")
def right(course: Course) -> dict[str, list[str]]:
    """Right solutions by component; the first stands for the reference."""
    return {
        name: [
            course.component(name).solution.read_text(encoding="utf-8"),
            *(
                "\n\n".join(functions(v).values())
                for v in read_variants(course.component(name)).right
            ),
        ]
        for name in NAMES
    }


def test_names_order_comments_and_layout_do_not_count(right):
    for sources in right.values():
        for source in sources:
            changed = disguised(source)
            assert changed != source
            assert shared(source, changed) == 1.0


def test_another_operator_number_or_library_function_counts():
    source = "def f(x):\n    y = np.exp(x) * 2 + x.sum(axis=1)\n    return y / (1 + y - x) ** 0.5\n"
    assert shared(source, source.replace("y", "why")) == 1.0
    for old, new in (
        ("exp", "log"),
        ("2", "3"),
        ("/", "*"),
        ("axis=1", "axis=0"),
        (".sum", ".max"),
    ):
        # The function has few fingerprints, so nearly all of them stand on the change.
        assert shared(source, source.replace(old, new, 1)) < 1.0, old


def test_an_imported_name_is_what_it_was_imported_as():
    one = "import numpy as np\ndef f(a, b):\n    return np.exp(a - np.max(b)) * np.sum(a * b) + a\n"
    other = one.replace("import numpy as np", "from numpy import exp as e, max as m, sum as s")
    other = other.replace("np.exp", "e").replace("np.max", "m").replace("np.sum", "s")
    assert shared(one, other) == 1.0


@pytest.mark.parametrize(
    "source",
    [
        "",
        "def f(:",
        "\0",
        "x = " + "(" * 5000,
        f"x = {'9' * 6000}",
        "f(**{**{}, 1: 2}, *[0])",
        "x\\",
    ],
)
def test_whatever_is_handed_in_has_fingerprints_or_none(source):
    found = fingerprints(source)
    assert len(found.hashes) == len(found.places)
    assert len(EMPTY.hashes) == 0


def test_what_two_share_over_a_line_or_two_is_found_wherever_it_stands():
    dice = random.Random(7)
    copied = "    h = np.tanh(x @ w + b) * (1 - x ** 2) / np.sqrt(x.shape[0] + 1e-6)\n"
    for _ in range(30):
        one, other = (
            "def f(x, w, b):\n"
            + "".join(f"    v{i} = x * {dice.random()} - {dice.random()}\n" for i in range(n))
            + copied
            + f"    return h + {dice.random()}\n"
            for n in (dice.randrange(9), dice.randrange(9))
        )
        assert {*fingerprints(one).hashes.tolist()} & {*fingerprints(other).hashes.tolist()}


def test_independent_right_solutions_are_not_alike(course):
    """Each variant's own functions; the three of `pool` that differ in ties only are one."""
    alike, pairs = [], 0
    for component in course.components:
        for one, other in itertools.combinations(read_variants(component).right, 2):
            mine, theirs = functions(one), functions(other)
            both = [name for name in mine if name in theirs]
            prints = {
                component.name: {
                    v.name: np.unique(fingerprints("\n".join(f[n] for n in both)).hashes)
                    for v, f in ((one, mine), (other, theirs))
                }
            }
            found, _ = compare(prints, {component.name: EMPTY.hashes}, share=0.4)
            pairs += bool(both)
            alike += [(component.name, one.name, other.name)] * bool(found)
    assert pairs > 150
    by_design = {"plain", "ties-shared-equally", "last-of-equals"}
    assert [a for a in alike if a[0] != "pool" or not {*a[1:]} <= by_design] == []
    assert len(alike) == 3


def prints_of(sets: dict[str, list[int]]) -> dict[str, dict[str, np.ndarray]]:
    return {"conv": {who: np.array(sorted({*hashes}), np.uint64) for who, hashes in sets.items()}}


NOTHING = {"conv": EMPTY.hashes}


def test_what_was_given_and_what_many_have_is_left_out():
    idiom, stub = list(range(100)), list(range(100, 200))
    sets = {f"s{i}": [*idiom, *stub, *range(1000 * i, 1000 * i + 40)] for i in range(1, 31)}
    given = {"conv": np.array(stub, np.uint64)}
    pairs, usual = compare(prints_of(sets), given)
    assert pairs == ()
    assert usual["conv"] == frozenset(idiom)
    # With nothing too common, idioms count, and far less than what is one's own.
    found = compare(prints_of(sets), given, common=1.0, share=0.3)[0]
    assert len(found) == 30 * 29 // 2
    assert found[0].alike[0].share < 0.4
    sets["copy"] = sets["s7"]
    (pair,), _ = compare(prints_of(sets), given)
    assert (pair.first, pair.second) == ("copy", "s7")
    assert pair.alike[0].share == 1.0
    assert pair.alike[0].count == 40


def test_a_ring_is_found_whole_and_a_part_by_its_share():
    sets = {f"s{i}": list(range(1000 * i, 1000 * i + 50)) for i in range(100)}
    sets.update({f"ring{i}": list(range(900_000, 900_050)) for i in range(20)})
    sets["part"] = [*range(50_000, 50_030), *range(700_000, 700_020)]  # 30 of s50's
    pairs, _ = compare(prints_of(sets), NOTHING)
    assert len(pairs) == 20 * 19 // 2 + 1
    ((component, ring),) = groups(pairs)
    assert component == "conv"
    assert ring == sorted(f"ring{i}" for i in range(20))
    part = next(p for p in pairs if "part" in (p.first, p.second))
    assert {part.first, part.second} == {"part", "s50"}
    assert 0.5 < part.alike[0].share < 0.65
    assert len(compare(prints_of(sets), NOTHING, share=0.7)[0]) == 190


def test_the_index_finds_what_comparing_all_pairs_finds():
    dice = random.Random(3)
    sets: dict[str, list[int]] = {}
    for i in range(60):
        own = [dice.randrange(10**9) for _ in range(60)]
        if i > 9 and dice.random() < 0.5:
            other = sets[f"s{dice.randrange(i):02d}"]
            own = dice.sample(other, dice.randrange(20, len(other))) + own[:10]
        sets[f"s{i:02d}"] = own
    pairs, _ = compare(prints_of(sets), NOTHING, share=0.3)
    found = {(p.first, p.second) for p in pairs}
    for one, other in itertools.combinations(sorted(sets), 2):
        both = len({*sets[one]} & {*sets[other]}) / min(len({*sets[one]}), len({*sets[other]}))
        if both > 0.6:  # weights move a share a little
            assert (one, other) in found
        elif both < 0.15:
            assert (one, other) not in found


@pytest.fixture(scope="module")
def handed(tmp_path_factory, course, right) -> Path:
    """A class of honest students, a copy in disguise, the same as a notebook, a stub, no Python."""
    folder = tmp_path_factory.mktemp("similar")

    def hand_in(who: str, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = folder / who / "nn" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    for number in range(5):
        honest = {f"{name}.py": sources[number + 1] for name, sources in right.items()}
        hand_in(f"honest{number}", honest)
    mean = "\n\n\ndef helper(x):\n    return x + '</pre><script>document.title = 1</script>' + x\n"
    hand_in("<i>Ёлкина", {"conv.py": right["conv"][0] + mean})
    hand_in("copier", {"conv.py": disguised(right["conv"][0] + mean)})
    stubs = {
        f"{name}.py": course.component(name).stub.read_text(encoding="utf-8") for name in NAMES
    }
    hand_in("stub", stubs)
    hand_in("stub too", stubs)
    hand_in("no Python", {"conv.py": "def broken(:\n"})
    with zipfile.ZipFile(folder / "notebook.zip", "w") as archive:
        sheet = to_text(nodes([Cell("stub", right["conv"][0])]), {})
        archive.writestr("notebooks/conv.ipynb", sheet)
    return folder


def test_the_command_names_the_pairs_and_writes_the_page(handed, tmp_path, capsys):
    page = tmp_path / "similar.html"
    chosen = [word for name in NAMES for word in ("--component", name)]
    assert main(["similar", str(handed), "--out", str(page), *chosen]) == 0
    printed = capsys.readouterr()
    assert "11 submissions, 3 pairs alike" in printed.out
    for one, other in itertools.combinations(["<i>Ёлкина", "copier", "notebook"], 2):
        assert f"{one} and {other}: conv 100%" in printed.out
    assert "nothing to compare: no Python" in printed.err
    text = page.read_text(encoding="utf-8")
    assert "<script>document" not in text
    assert "<i>Ёлкина" not in text
    assert "notebooks/conv.ipynb" in text
    assert not re.findall(r'(?:src|href)="(?!#)', text)
    assert not list(tmp_path.glob(".*"))


def test_a_group_that_hands_in_one_thing_is_not_alike_with_itself(handed, tmp_path, course, right):
    folder = tmp_path / "submission_1" / "nn"
    folder.mkdir(parents=True)
    (folder / "conv.py").write_text(right["conv"][0], encoding="utf-8")
    (tmp_path / "submission_metadata.yml").write_text(
        "submission_1:\n  :submitters:\n  - :email: a@x.org\n  - :email: b@x.org\n"
    )
    findings = find_similar(course, course.select(["conv"]), tmp_path)
    assert list(findings.paths) == ["a@x.org, b@x.org"]
    assert findings.pairs == ()
    page = similar_page(course, findings, common=COMMON, share=SHARE)
    assert "No two submissions are alike" in page
