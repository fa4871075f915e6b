"""The lecture's pictures: they draw, say what they miss, and speak both languages."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
import warnings
from pathlib import Path
from string import Formatter

import pytest

from autograder.course import ROOT, load_course
from shared.language import VARIABLES, choose
from shared.local import forget_nn
from shared.messages import render
from shared.plots import DRAW_DIGITS, FIGURES, attempt, to_png, to_svg, words
from shared.plots.russian import RUSSIAN

COURSE = load_course()
SOURCES = sorted((ROOT / "shared" / "plots").glob("*.py"))
SMALL = {
    "network_learns": {"steps": 60},
    "gradient_by_depth": {"depth": 6},
    "identical_weights": {"steps": 8},
    "with_and_without": {"epochs": 300},
    "by_parameters": {"epochs": 300},
    "remedies": {"epochs": 600},
    "masks": {},
    "learning": {"images": 150, "epochs": 2},
    "feature_maps": {"images": 150, "epochs": 2},
}
PICTURES = [(name, draw) for name, draws in FIGURES.items() for draw in draws]
pictures = pytest.mark.parametrize(
    ("name", "draw"), PICTURES, ids=[f"{name}-{draw.__name__}" for name, draw in PICTURES]
)


@pytest.fixture
def reference(monkeypatch):
    """Import a module of the reference, and forget it afterwards."""
    aside = forget_nn()
    monkeypatch.syspath_prepend(str(ROOT / "solutions"))
    yield lambda name: importlib.import_module(f"nn.{name}")
    forget_nn()
    sys.modules.update(aside)


def test_every_component_has_pictures():
    assert list(FIGURES) == list(COURSE.names)
    assert all(FIGURES.values())


@pictures
def test_it_draws_from_the_reference_without_a_warning(name, draw, reference):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a letter that the font lacks, an empty axis, an overflow
        figure = draw(reference(name), lang="ru", **SMALL.get(draw.__name__, {}))
        png = to_png(figure)
    assert png.startswith(b"\x89PNG")
    assert re.search("[а-яё]", figure.get_suptitle())
    width, height = figure.get_size_inches()
    assert (width, 1.5 < height < 7.5) == (8.5, True)
    _check_labels(figure)
    _check_inside(figure)
    _check_apart(figure)


def _check_labels(figure):
    """Whoever has ticks with numbers has a name for them, or stands above one that has."""
    for ax in figure.axes:
        if not ax.axison or ax.get_label() == "<colorbar>":
            continue
        for axis, siblings in (
            (ax.xaxis, ax.get_shared_x_axes()),
            (ax.yaxis, ax.get_shared_y_axes()),
        ):
            ticks = [t for t in axis.get_ticklabels() if t.get_visible() and t.get_text()]
            names = [
                getattr(o, axis.axis_name + "axis").get_label_text()
                for o in siblings.get_siblings(ax)
            ]
            if ticks and not any(names):
                assert ax.get_title(loc="left"), f"{axis.axis_name} of {figure.get_suptitle()}"


def _check_inside(figure):
    """No text runs over the picture's edge."""
    page = figure.bbox
    for ax in figure.axes:
        texts = [*ax.texts, ax._left_title, ax.title, ax.xaxis.label, ax.yaxis.label]
        for text in texts:
            if text.get_visible() and text.get_text().strip():
                box = text.get_window_extent()
                fits = (
                    box.x0 >= -2
                    and box.x1 <= page.x1 + 2
                    and box.y0 >= -2
                    and box.y1 <= page.y1 + 2
                )
                assert fits, text.get_text()
    assert figure._suptitle.get_window_extent().x1 <= page.x1


def _check_apart(figure):
    """No text lies on another, and none on an axis's line."""
    boxes = []
    for ax in figure.axes:
        texts = [*ax.texts, ax._left_title, ax.title]
        if ax.axison:
            texts += [ax.xaxis.label, ax.yaxis.label]
        boxes += [
            (text.get_text(), text.get_window_extent())
            for text in texts
            if text.get_visible() and text.get_text().strip()
        ]
        line = ax.spines["bottom"]
        if ax.axison and line.get_visible():
            y = line.get_window_extent().y0
            for text in ax.texts:
                box = text.get_window_extent()
                across = box.x1 > ax.bbox.x0 and box.x0 < ax.bbox.x1
                assert not (across and box.y0 + 1 < y < box.y1 - 1), text.get_text()
    for number, (text, box) in enumerate(boxes):
        for other, its in boxes[:number]:
            wide = min(box.x1, its.x1) - max(box.x0, its.x0)
            high = min(box.y1, its.y1) - max(box.y0, its.y0)
            assert wide < 3 or high < 3, f"{text!r} lies on {other!r}"


@pictures
def test_every_function_that_draws_says_what_it_takes(name, draw):
    text = inspect.getdoc(draw) or ""
    assert f"`nn.{name}`" in text
    assert "Returns\n-------\nFigure" in text


def test_the_same_picture_is_the_same_bytes(reference):
    draw, nn = FIGURES["pool"][0], reference("pool")
    assert to_png(draw(nn, lang="en")) == to_png(draw(nn, lang="en"))
    first, second = (to_svg(draw(nn, lang="en")) for _time in range(2))
    assert first == second
    assert b"<dc:date>" not in first
    assert to_svg(draw(nn, lang="ru")) != first


def test_a_students_own_settings_change_nothing(reference):
    import matplotlib

    draw, nn = FIGURES["pool"][0], reference("pool")
    before = to_png(draw(nn, lang="en"))
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        assert to_png(draw(nn, lang="en")) == before
        assert matplotlib.rcParams["font.size"] == 30


# Words


def _texts() -> dict[str, str]:
    found = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "_":
                assert isinstance(node.args[0], ast.Constant), f"{path.name}:{node.lineno}"
                found[node.args[0].value] = path.name
    return found


def test_both_languages_have_all_words_and_no_others():
    assert _texts().keys() == RUSSIAN.keys()


@pytest.mark.parametrize("english", RUSSIAN)
def test_a_translation_is_one(english):
    russian = RUSSIAN[english]
    if english not in ("He (Kaiming)", "w = (1, 0.5), b = 0"):
        assert re.search("[а-яё]", russian, re.I)
    fields = [
        {(f, spec) for _t, f, spec, _c in Formatter().parse(s) if f} for s in (english, russian)
    ]
    assert fields[0] == fields[1]
    assert english.count("\n") == russian.count("\n")


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "en_GB", "LANG": "ru_RU"}, "en"),
        ({"LANGUAGE": "de:ru", "LANG": "en"}, "ru"),
    ],
)
def test_the_environment_chooses_the_language(monkeypatch, environment, lang):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert choose() == lang
    with words.speaking(None):
        assert words._("mask") == {"en": "mask", "ru": "маска"}[lang]
    with words.speaking("ru"):
        assert words._("mask") == "маска"
    assert words._("mask") == "mask"


# What a student meets whose functions are not written


@pytest.mark.parametrize("name", COURSE.names)
def test_with_the_stubs_a_picture_names_what_is_missing(name, monkeypatch):
    folder = ROOT / "assignments"
    forget_nn()
    monkeypatch.syspath_prepend(str(folder))
    said = [render(attempt.attempt(draw, name, folder)) for draw in FIGURES[name]]
    forget_nn()
    for sentence in said:
        match = re.fullmatch(r"`(\S+)` in nn/(\w+)\.py is not written yet\.", sentence)
        assert match, sentence
        stub = (folder / "nn" / f"{match[2]}.py").read_text("utf-8")
        assert f'NotImplementedError("{match[1]}")' in stub


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", "`cross_correlate2d` is not in nn/conv.py. Was it renamed or deleted?"),
        (
            "def cross_correlate2d(x, kernel):\n    raise NotImplementedError\n",
            "`cross_correlate2d` in nn/conv.py is not written yet.",
        ),
        (
            "def cross_correlate2d(x, kernel):\n    return None\n",
            "A picture could not be drawn with your functions "
            "(TypeError: 'NoneType' object is not subscriptable): do all checks above pass?",
        ),
        (
            "def cross_correlate2d(x, kernel):\n    return x.shapes\n",
            "A picture could not be drawn with your functions (AttributeError: "
            "'numpy.ndarray' object has no attribute 'shapes'): do all checks above pass?",
        ),
        (
            "def cross_correlate2d(x, kernel:\n",
            "A picture could not be drawn with your functions (SyntaxError: "
            "'(' was never closed (conv.py, line 1)): do all checks above pass?",
        ),
    ],
)
def test_a_function_that_is_gone_or_wrong_is_told_in_one_sentence(
    tmp_path, monkeypatch, source, sentence
):
    (tmp_path / "nn").mkdir()
    (tmp_path / "nn" / "__init__.py").touch()
    (tmp_path / "nn" / "conv.py").write_text(source, encoding="utf-8")
    forget_nn()
    monkeypatch.syspath_prepend(str(tmp_path))
    said = attempt.attempt(FIGURES["conv"][0], "conv", tmp_path)
    forget_nn()
    assert render(said) == sentence


# The house


def test_the_registry_loads_no_matplotlib_and_no_data():
    # Most components' zips have no data.
    code = (
        "import sys; sys.modules['shared.data'] = None\n"
        "import shared.plots; print('matplotlib' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_module_imports_no_more_than_it_may(path: Path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        modules += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        for module in modules:
            top = module.partition(".")[0]
            assert top in {"numpy", "shared", "matplotlib", *sys.stdlib_module_names}
            assert "pyplot" not in module


def test_the_bundle_knows_which_pictures_need_the_digits():
    using = {p.stem for p in SOURCES if re.search(r"shared\.data|a_digit", p.read_text("utf-8"))}
    assert using & set(FIGURES) == DRAW_DIGITS
