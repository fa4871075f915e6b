"""The picture of a failed comparison: what is stored of it, and what is drawn."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from shared.compare import check_close
from shared.errors import CheckFailed
from shared.gradcheck import check_gradient
from shared.heatmaps import heat_maps
from shared.sidebyside import MOST, SideBySide, beside, part

SVG = "{http://www.w3.org/2000/svg}"


def _failed(check, *args, **kwargs):
    with pytest.raises(CheckFailed) as caught:
        check(*args, **kwargs)
    return caught.value.picture


def _drawn(picture, lang="en"):
    root = ElementTree.fromstring(heat_maps(picture, lang))
    return root, [text.text for text in root.iter(f"{SVG}text")]


def test_a_wrong_value_is_shown_beside_the_right_one(rng):
    expected = rng.standard_normal((2, 3))
    got = expected.copy()
    got[1, 2] += 5
    picture = _failed(check_close, got, expected, what="dw")
    assert (picture.kind, picture.what, picture.worst) == ("values", "dw", (1, 2))
    np.testing.assert_allclose(picture.expected, expected.ravel(), rtol=1e-3)
    assert picture.apart == (0.0, 0.0, 0.0, 0.0, 0.0, 5.0)
    _, texts = _drawn(picture)
    assert "dw, shape (2, 3); framed: the worst entry, at index (1, 2)" in texts
    assert {"yours", "expected", "difference", "5"} <= set(texts)
    _, texts = _drawn(picture, "ru")
    assert {"ваш ответ", "ожидается", "разность"} <= set(texts)


def test_a_wrong_gradient_is_shown_beside_the_numerical_one(rng):
    x = rng.standard_normal((3, 4))
    picture = _failed(
        check_gradient, lambda v: float(np.sum(v**3)), x, 2 * x**2, rng, what="dx", limit=1e-7
    )
    assert picture.kind == "gradient"
    np.testing.assert_allclose(picture.expected, (3 * x**2).ravel(), rtol=1e-3)
    np.testing.assert_allclose(picture.apart, -(x**2).ravel(), rtol=1e-3)
    assert {"yours, analytic", "numerical", "difference"} <= set(_drawn(picture)[1])


def test_of_a_large_gradient_the_part_around_the_worst_entry_is_shown(rng):
    x = rng.standard_normal((4, 3, 20, 30))
    wrong = 2 * x
    wrong[2, 1, 7, 29] += 9
    picture = _failed(check_gradient, lambda v: float(np.sum(v**2)), x, wrong, rng, what="dx")
    assert picture.whole == x.shape
    assert picture.worst == (2, 1, 7, 29)
    inside = tuple(w - s for w, s in zip(picture.worst, picture.box.start, strict=True))
    expected = np.reshape(picture.expected, picture.box.shape)
    np.testing.assert_allclose(expected, 2 * x[picture.box.slices], rtol=1e-3)
    apart = np.abs(np.reshape(picture.apart, picture.box.shape))
    assert np.unravel_index(apart.argmax(), apart.shape) == inside
    assert "of it [2, 1, 3:12, 21:30]" in _drawn(picture)[1][0]


@pytest.mark.parametrize(
    ("shape", "worst"),
    [
        ((7,), (6,)),
        ((1000,), (999,)),
        ((300, 2), (0, 1)),
        ((2, 3, 4, 5), (1, 2, 3, 4)),
        ((9, 9, 9), (4, 0, 8)),
    ],
)
def test_a_part_is_small_and_holds_the_worst_entry(shape, worst):
    box = part(shape, worst)
    assert np.prod(box.shape) <= MOST
    for start, length, index, size in zip(box.start, box.shape, worst, shape, strict=True):
        assert 0 <= start <= index < start + length <= size


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (2, 3, 4, 5), (2, 1, 2, 2, 3)])
def test_each_entry_has_a_cell_and_no_two_share_one(rng, shape):
    expected = rng.standard_normal(shape)
    got = expected + rng.standard_normal(shape)
    picture = beside("values", "y", got, expected, (0,) * len(shape))
    root, _ = _drawn(picture)
    panels = [group for group in root.iter(f"{SVG}g") if group.get("stroke") == "#bbb"]
    assert len(panels) == 3
    for panel in panels:
        moves = [m for path in panel for m in re.findall(r"M([\d.]+ [\d.]+)", path.get("d"))]
        assert len(moves) == len(set(moves)) == expected.size
    frames = [r for r in root.iter(f"{SVG}rect") if r.get("stroke") == "#111"]
    assert len(frames) == 3


def test_a_small_difference_is_still_seen(rng):
    expected = rng.standard_normal((3, 4))
    picture = _failed(check_close, expected.astype(np.float32) * 1.0, expected * 1.0, what="y")
    assert picture is None  # another dtype: there is nothing to compare yet
    got = expected.astype(np.float32).astype(np.float64)
    picture = _failed(check_close, got, expected, what="y")
    np.testing.assert_allclose(picture.apart, (got - expected).ravel(), rtol=1e-3)


def test_numbers_alone_make_it_again():
    picture = beside("values", "y", np.eye(3), np.zeros((3, 3)), (0, 0))
    again = SideBySide.from_json(json.loads(json.dumps(picture.to_json())))
    assert again == picture
    assert heat_maps(again, "ru") == heat_maps(picture, "ru")


@pytest.mark.parametrize("got", [np.float64(3.0), np.array([3.0]), np.array([[np.nan, 1.0]])])
def test_what_says_nothing_is_not_drawn(got):
    assert beside("values", "y", np.asarray(got), np.ones_like(got), (0,) * np.ndim(got)) is None


def test_text_from_elsewhere_cannot_leave_its_place():
    picture = beside("values", "</svg><script>", np.eye(2), np.ones((2, 2)), (0, 1))
    assert "<script>" not in heat_maps(picture)
    assert "&lt;script&gt;" in heat_maps(picture)


def test_it_is_small(rng):
    expected = rng.standard_normal((4, 4, 5, 5))
    picture = beside("gradient", "dx", rng.standard_normal(expected.shape), expected, (0, 0, 0, 0))
    assert len(picture.expected) == MOST
    assert len(heat_maps(picture)) < 60_000
    assert len(json.dumps(picture.to_json())) < 10_000
