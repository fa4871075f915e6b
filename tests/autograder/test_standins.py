"""Stand-ins have the face of what they stand in for, and the adjoint of what they compute."""

from __future__ import annotations

import ast
import inspect

import numpy as np
import pytest

from autograder.course import ROOT
from shared.signatures import read_signatures

FOLDER = ROOT / "autograder" / "standins"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
PAIRS = {
    "activations": ("tanh", "relu", "elu"),
    "backprop": ("linear", "sigmoid"),
    "conv": ("conv2d",),
    "pool": ("max_pool2d", "avg_pool2d", "min_pool2d"),
}


def load(name: str) -> dict:
    names: dict = {}
    exec((FOLDER / f"{name}.py").read_text(encoding="utf-8"), names)
    return names


def arguments(pair: str, rng: np.random.Generator) -> tuple:
    """The arrays of a forward call, and its options."""
    if pair == "conv2d":
        arrays = [(2, 3, 7, 6), (4, 3, 3, 2), (4,)]
        return [rng.normal(size=s) for s in arrays], {"stride": (2, 1), "padding": 1}
    if pair == "linear":
        return [rng.normal(size=s) for s in [(3, 5), (5, 4), (4,)]], {}
    return [rng.normal(size=(2, 3, 7, 5))], {"window": 2} if "pool" in pair else {}


@pytest.mark.parametrize("name", NAMES)
def test_a_standin_has_the_functions_of_its_component_and_their_arguments(name):
    source = (ROOT / "solutions" / "nn" / f"{name}.py").read_text(encoding="utf-8")
    found, ours = load(name), ast.parse(source)
    names = {n.name: n for n in ours.body if isinstance(n, ast.FunctionDef)}
    for function in read_signatures(source):
        got = inspect.getfullargspec(found[function])
        wanted = names[function].args
        assert got.args == [a.arg for a in wanted.args], function
        assert got.kwonlyargs == [a.arg for a in wanted.kwonlyargs], function
        defaults = {
            a.arg: ast.literal_eval(d)
            for a, d in zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True)
            if d is not None
        }
        assert (got.kwonlydefaults or {}) == defaults, function


@pytest.mark.parametrize(("name", "pair"), [(n, p) for n, ps in PAIRS.items() for p in ps])
def test_a_backward_is_the_adjoint_of_its_forward(name, pair):
    rng = np.random.default_rng(7)
    functions = load(name)
    arrays, options = arguments(pair, rng)
    y, cache = functions[f"{pair}_forward"](*arrays, **options)
    reference: dict = {}
    source = (ROOT / "solutions" / "nn" / f"{name}.py").read_text(encoding="utf-8")
    exec(source.replace("from nn.types import Array, Cache", "Array = Cache = None"), reference)
    assert y.shape == reference[f"{pair}_forward"](*arrays, **options)[0].shape
    dy = rng.normal(size=y.shape)
    gradients = functions[f"{pair}_backward"](dy, cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for place, (array, gradient) in enumerate(zip(arrays, gradients, strict=True)):
        assert gradient.shape == array.shape
        step = rng.normal(size=array.shape)
        sides = []
        for sign in (1, -1):
            moved = [*arrays[:place], array + sign * step, *arrays[place + 1 :]]
            sides.append(np.sum(dy * functions[f"{pair}_forward"](*moved, **options)[0]))
        # Linear in each array, so any step is small enough.
        assert (sides[0] - sides[1]) / 2 == pytest.approx(np.vdot(gradient, step), rel=1e-9)
    single = [a.astype(np.float32) for a in arrays]
    y, cache = functions[f"{pair}_forward"](*single, **options)
    assert y.dtype == np.float32
    gradients = functions[f"{pair}_backward"](dy.astype(np.float32), cache)
    for gradient in gradients if isinstance(gradients, tuple) else (gradients,):
        assert gradient.dtype == np.float32


def test_the_loss_has_its_gradient():
    rng = np.random.default_rng(3)
    loss = load("backprop")["cross_entropy"]
    logits, labels = rng.normal(size=(4, 5)), np.array([0, 3, 3, 1])
    step = rng.normal(size=logits.shape)
    _, gradient = loss(logits, labels)
    difference = loss(logits + step, labels)[0] - loss(logits - step, labels)[0]
    assert difference / 2 == pytest.approx(np.vdot(gradient, step), rel=1e-9)
    assert loss(logits.astype(np.float32), labels)[1].dtype == np.float32
