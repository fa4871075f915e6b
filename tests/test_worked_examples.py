"""The examples that the handouts work by hand, against the reference: does it say the same?

The numbers are read from the handout, so one that is mended there and nowhere else is noticed.
`verify` sees to it that the Russian handout has the same formulas.
"""

from __future__ import annotations

import importlib
import math
import re
import sys

import numpy as np
import pytest

from autograder.course import ROOT, load_course
from shared.local import forget_nn

COURSE = load_course()
LN3 = math.log(3)

_MATRIX = re.compile(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", re.S)
_TUPLE = re.compile(r"(?<!\\bigl)\(([^()]*,[^()]*)\)|\\bigl\(([^()]*,[^()]*)\\bigr\)")
_FRACTION = re.compile(r"\\t?frac(?:\{(\w+)\}|(\w))(?:\{(\w+)\}|(\w))")


@pytest.fixture(scope="module")
def nn():
    """Import a module of the reference, and forget it afterwards."""
    aside = forget_nn()
    sys.path.insert(0, str(ROOT / "solutions"))
    yield lambda name: importlib.import_module(f"nn.{name}")
    sys.path.remove(str(ROOT / "solutions"))
    forget_nn()
    sys.modules.update(aside)


def number(text: str) -> float:
    """What a handout writes for a number: 2, -0.5, 3/4, \\tfrac34, 1 \\cdot 2 + 3."""
    text = _FRACTION.sub(r"((\1\2)/(\3\4))", text).replace(r"\cdot", "*").replace("−", "-")
    text = re.sub(r"\\[ ,;!]|\\quad|[${}]", " ", text).strip()
    if not re.fullmatch(r"[-+*/(). \d]*\d[) ]*", text):
        return math.nan
    return float(eval(text))


class Handout:
    """The numbers of a handout, as arrays."""

    def __init__(self, name: str):
        self.text = COURSE.component(name).handout.read_text("utf-8")
        self.arrays = [
            np.array([[number(cell) for cell in row.split("&")] for row in rows])
            for rows in (re.split(r"\\\\", m) for m in _MATRIX.findall(self.text))
            if len({row.count("&") for row in rows}) == 1
        ]
        self.arrays += [
            np.array([[number(part) for part in (one or other).split(",")]])
            for one, other in _TUPLE.findall(_MATRIX.sub(" ", self.text))
        ]

    def says(self, *values):
        """Require that each array stands in the handout, as a matrix or as a row (a, b)."""
        for value in values:
            wanted = np.atleast_2d(np.squeeze(value))
            found = any(
                np.allclose(have, like, rtol=0, atol=1e-9)
                for have in self.arrays
                for like in (wanted, wanted.T if 1 in wanted.shape else wanted)
                if have.shape == like.shape
            )
            assert found, f"no such numbers: {wanted}"

    def tells(self, *texts):
        """Require that each text stands in the handout, however its lines are broken."""
        flat = " ".join(self.text.split())
        for text in texts:
            assert text in flat, text

    def rows(self, heading: str) -> list[list[str]]:
        """The cells of the table whose first line has `heading`."""
        lines = self.text.splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("|") and heading in line)
        rows = []
        for line in lines[start + 2 :]:
            if not line.startswith("|"):
                break
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        return rows


def last(cell: str) -> list[float]:
    """What a cell comes to: the number, or the numbers of (a, b), after its last =."""
    text = cell.strip("$").split("=")[-1].strip().strip("()")
    return [number(part) for part in text.split(",")]


def test_backprop(nn):
    say, nn = Handout("backprop"), nn("backprop")
    x = np.array([[1.0, 2, 1], [2, 1, -1]])
    w, b, t = LN3 * np.array([[1.0], [-1], [2]]), np.array([LN3]), np.array([[1.0], [0]])
    z2, linear = nn.linear_forward(x, w, b)
    z3, bend = nn.sigmoid_forward(z2)
    loss, dz3 = nn.mse_loss(z3, t)
    dz2 = nn.sigmoid_backward(dz3, bend)
    dx, dw, db = nn.linear_backward(dz2, linear)
    say.says(x, w / LN3, t, z3, dz3, dz2, dw, dx / LN3)
    assert z2 == pytest.approx(np.array([[2 * LN3], [0]]))
    say.tells(f"= {loss:.3f} .", f"= {db[0]:.3f},")
    loss, dz = nn.binary_cross_entropy_with_logits(np.array([LN3]), np.array([1.0]))
    say.tells(rf"\approx {loss:.3f},")
    assert dz == pytest.approx([-1 / 4])
    loss, dz = nn.cross_entropy(np.array([[0, math.log(2), 0]]), np.array([1]))
    say.tells(rf"\approx {loss:.3f},")
    say.says(dz, np.add(dz, [0, 1, 0]))


def test_optimizers(nn):
    say, nn = Handout("optimizers"), nn("optimizers")
    w, state = np.array([2.0]), None
    for _step, g, v, where in say.rows("| $v$ | $w$ |")[:4]:
        before = w
        w, state = nn.momentum(w, np.array(last(g)), state, lr=0.1, gamma=0.5)
        assert last(where) == pytest.approx(w)
        assert last(v) == pytest.approx((before - w) / 0.1)
    w, state = np.array([16.0, -8]), None
    for _step, ahead, g, _v, where in say.rows(r"\tilde w$ | $g$ at"):
        at = nn.nesterov_lookahead(w, state, lr=0.25, gamma=0.75)
        assert last(ahead) == pytest.approx(at)
        assert last(g) == pytest.approx(at * [1, 6])
        w, state = nn.nesterov(w, at * [1, 6], state, lr=0.25, gamma=0.75)
        assert last(where) == pytest.approx(w)
    w, state = np.array([0.0]), None
    signs = [1.0, 1, -1, 1, 1]
    _steps, moves, _stored = say.rows("| sign of $g$ |")
    for sign, move in zip(signs, moves[1:], strict=True):
        before = w
        w, state = nn.rprop(w, np.array([sign]), state)
        assert last(move) == pytest.approx(w - before, abs=1e-12)
    w, state = np.array([0.0]), None
    for _t, g, *_averages, move in say.rows(r"| $\hat m / "):
        before, settings = w, {"beta1": 0.25, "beta2": 0.5, "eps": 1.0}
        w, state = nn.adam(w, np.array(last(g)), state, lr=0.1, **settings)
        assert number(move) == pytest.approx((before - w)[0] / 0.1)
    w, state = np.array([0.0, 0]), None
    for _step, g, _norm, _m, _v, move in say.rows(r"\lVert g \rVert_2$ | $m$"):
        before, settings = w, {"beta1": 0.5, "beta2": 0.5, "eps": 0.0}
        w, state = nn.norm_adam(w, np.array(last(g)), state, lr=0.1, **settings)
        assert last(move) == pytest.approx((before - w) / 0.1)


def test_init(nn):
    say, init, backprop = Handout("init"), nn("init"), nn("backprop")
    x, w1, w2 = np.array([[1.0, 2]]), np.full((2, 3), LN3 / 3), np.ones((3, 1))
    y, cache = backprop.mlp_forward(x, [(w1, np.zeros(3)), (w2, np.zeros(1))])
    assert y == pytest.approx(np.array([[9 / 4]]))
    (dw1, _db1), (dw2, _db2) = backprop.mlp_backward(y - 1 / 4, cache)
    say.says(dw1)
    assert dw2 == pytest.approx(np.full((3, 1), 3 / 2))
    fan_in, fan_out = init.fan_in_and_fan_out((16, 6, 5, 5))
    say.tells(rf"= {fan_in}$", rf"= {fan_out}$")
    both, one = math.sqrt(2 / (fan_in + fan_out)), math.sqrt(2 / fan_in)
    say.tells(rf"\approx {both:.3f}$", rf"\approx {one:.3f}$")


def test_activations(nn):
    say, nn = Handout("activations"), nn("activations")
    x, w1, w2 = np.array([[1.0, 1], [3, 3]]), np.array([[2.0, 1], [-2, -1]]), [[4.0], [-4]]
    say.says(x, w1, w2)
    norms = nn.gradient_norms(x, [w1, np.array(w2)], "sigmoid")
    say.tells(f"`{[float(norm) for norm in norms]}`")
    assert nn.sigmoid_gradient_bound(5) == pytest.approx(1 / 1024)


def test_activations_of_the_long_chain(nn):
    say, nn = Handout("activations"), nn("activations")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 50))
    weights = [rng.normal(scale=50**-0.5, size=(50, 50)) for _ in range(10)]
    lost = {}
    for name in ("sigmoid", "tanh", "relu", "elu"):
        norms = nn.gradient_norms(x, weights, name)
        lost[name] = float(norms[-1] / norms[0])
    say.tells("about 500,000")
    assert lost.pop("sigmoid") == pytest.approx(5e5, rel=0.2)
    assert all(2.5 < factor < 6.5 for factor in lost.values()), lost


def test_dropout(nn):
    say, nn = Handout("dropout"), nn("dropout")
    x, seen = np.array([1.0, 2, 5]), {}
    rng = np.random.default_rng(0)
    for _draw in range(4000):
        y, cache = nn.dropout_forward(x, 0.75, rng, train=True)
        seen[tuple(y)] = cache
    rows = say.rows("| kept |")
    assert {tuple(last(y)) for _kept, y, _share in rows} == set(seen)
    assert sum(number(share) for _kept, _y, share in rows) == 1
    say.says(nn.dropout_backward(np.array([0.1, 0.2, 0.3]), seen[(4.0, 0.0, 20.0)]))


def test_weight_decay(nn):
    say, nn = Handout("weight_decay"), nn("weight_decay")
    w1, b1 = np.array([[1, -2, 0.5], [2, 3, -1]]), np.array([4.0, -1, 2])
    w2, b2 = np.array([[2], [-1], [1.5]]), np.array([-3.0])
    say.says(w1, b1, w2)
    net = [(w1, b1), (w2, b2)]
    say.tells(f"= {nn.parameter_count(net)}$")
    for penalty in (nn.l2_penalty, nn.l1_penalty):
        size, gradients = penalty(net, 0.1)
        say.tells(f"= {size:.5g}$")
        say.says(*(dw for dw, _db in gradients))
    [[_name, *losses]] = say.rows("| epoch | 0 |")
    losses = np.array([float(loss) for loss in losses])
    for patience in (3, 4, 1):
        best, stop = nn.early_stopping(losses, patience)
        say.tells(f"$({best}, {stop})$")


def test_standardize(nn):
    say, nn = Handout("standardize"), nn("standardize")
    x = next(a for a in say.arrays if a.shape == (5, 3))
    centred, mean = nn.center(x)
    mean_too, std = nn.fit_standardizer(x)
    y = nn.standardize(x, mean_too, std)
    say.says(mean, centred, std, y, nn.standardize(np.array([[4.0, 0, 106]]), mean, std))


def test_batchnorm(nn):
    say, nn = Handout("batchnorm"), nn("batchnorm")
    x = next(a for a in say.arrays if a.shape == (4, 2))
    gamma, beta, running = np.array([2.0, 5]), np.array([0.5, -3]), (np.array([0.0, 1]), [1.0, 2])
    settings = {"ema": 0.9, "eps": 1.0, "train": True}
    running = (running[0], np.array(running[1]))
    y, cache, (mean, var) = nn.batchnorm_forward(x, gamma, beta, running, **settings)
    say.says(x.mean(axis=0), x.var(axis=0), (y - beta) / gamma, y, mean, var)
    dy = np.array([[1.0, 0], [0, 1], [2, -2], [-1, 5]])
    dx, dgamma, dbeta = nn.batchnorm_backward(dy, cache)
    say.says(dx[:, 0], dx[:, 1])
    say.tells(f"0.5 = {dgamma[0]:g},", f"= {dgamma[1]:g}$", f"= {dbeta[1]:g}$")
    assert dbeta[0] == 2


def test_conv(nn):
    say, nn = Handout("conv"), nn("conv")
    x = next(a for a in say.arrays if a.shape == (3, 5))
    k = np.array([[1.0, 2], [3, -1]])
    say.says(k, nn.cross_correlate2d(x, k))
    image, w = x[None, None], k[None, None]
    y, _cache = nn.conv2d_forward(image, w, np.zeros(1), stride=2, padding=1)
    say.says(np.pad(x, 1), y)
    y, cache = nn.conv2d_forward(image, w, np.ones(1), stride=1, padding=0)
    dy = np.array([[1.0, 0, 0, 0], [0, 2, 0, -1]])
    say.says(dy)
    dx, dw, db = nn.conv2d_backward(dy[None, None], cache)
    say.says(dx, dw)
    say.tells(f"1 + 2 - 1 = {db[0]:g}$")


def test_pool(nn):
    say, nn = Handout("pool"), nn("pool")
    x = next(a for a in say.arrays if a.shape == (4, 4))[None, None]
    dy = np.array([[0.5, -1], [2, 3]])
    say.says(dy)
    for kind in ("max", "avg", "min"):
        y, cache = getattr(nn, f"{kind}_pool2d_forward")(x, window=2)
        say.says(y)
        dx = getattr(nn, f"{kind}_pool2d_backward")(dy[None, None], cache)
        if kind != "min":
            say.says(dx)
    top, dy = x[:, :, :2], np.array([[[[1.0, 10, 100]]]])
    _y, cache = nn.max_pool2d_forward(top, window=2, stride=1)
    assert nn.max_pool2d_backward(dy, cache)[0, 0].tolist() == [[0, 10, 0, 0], [1, 0, 0, 100]]
    _y, cache = nn.avg_pool2d_forward(top, window=2, stride=1)
    assert nn.avg_pool2d_backward(dy, cache)[0, 0, 0, 1] == 2.75


def test_lenet(nn):
    say, nn = Handout("lenet"), nn("lenet")
    net = {name: np.zeros(shape) for name, shape in nn.SHAPES.items()}
    count = sum(array.size for array in net.values())
    say.tells(f"{count:,}")
    for name, array in net.items():  # the counts of the table, with their biases
        if name.endswith("weight"):
            both = array.size + net[name.replace("weight", "bias")].size
            say.tells(f"= {both:,} |")
    one = {"conv1.weight": (2, 0, 2, 2), "conv2.weight": (13, 2, 2, 2)}
    for name, place in one.items():
        net[name][place] = 1
    weights = [name for name in net if name.endswith("weight") and name not in one]
    into = 25 * 13 + 5 * 1 + 3
    for name in weights:
        net[name][into, 0] = 1
        into = 0
    image = np.random.default_rng(0).normal(size=(1, 1, 28, 28))
    logits = nn.LeNet5(np.random.default_rng(0), net).forward(image)
    seen = image[0, 0, 8:12, 16:20]
    say.tells("rows 8 to 11", "columns 16 to 19")
    assert logits[0, 0] == pytest.approx(max(seen.max(), 0))


def test_alexnet(nn):
    say, nn = Handout("alexnet"), nn("alexnet")
    x = np.array([4.0, 8, 0, 4]).reshape(1, 4, 1, 1)
    settings = {"n": 3, "k": 5.0, "alpha": 0.25, "beta": 0.5}
    y, cache = nn.local_response_norm_forward(x, **settings)
    dx = nn.local_response_norm_backward(np.array([25, 12.5, 5, 27]).reshape(x.shape), cache)
    say.says(x, y, dx)
    w = next(a for a in say.arrays if a.shape == (6, 2))[:, :, None, None]
    b = np.array([0.0, 0, 10, 0, 0, 20])
    x = np.array([1.0, 2, 3, 4]).reshape(1, 4, 1, 1)
    y, _cache = nn.grouped_conv2d_forward(x, w, b, groups=2)
    say.says(b, y)
    say.tells(f"{nn.parameter_count():,}")
