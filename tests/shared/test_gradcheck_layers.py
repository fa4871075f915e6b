"""Ten kinds of layer: every wrong backward is refused, and no right one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from shared.errors import CheckFailed
from shared.gradcheck import check_gradient


def _corpus():
    path = Path(__file__).with_name("corpus") / "layers.py"
    spec = importlib.util.spec_from_file_location("layers_corpus", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CORPUS = _corpus()
WRONG = [(layer, mistake) for layer, them in CORPUS.WRONG.items() for mistake in them]
SEEDS = 200


def _check(layer, backward, seed):
    draw, forward, _ = CORPUS.LAYERS[layer]
    rng = np.random.default_rng(seed)
    arrays = draw(rng)
    dy = rng.standard_normal(np.shape(forward(*arrays)))
    for i, got in enumerate(backward(dy, *arrays)):

        def loss(v, i=i):
            return float(np.sum(dy * forward(*arrays[:i], v, *arrays[i + 1 :])))

        check_gradient(loss, arrays[i], np.asarray(got), rng, what=f"gradient {i}")


def test_the_corpus_is_as_large_as_it_says():
    assert len(CORPUS.LAYERS) == 10
    assert len(WRONG) >= 45


@pytest.mark.parametrize("layer", CORPUS.LAYERS)
def test_a_right_backward_is_never_refused(layer):
    for seed in range(SEEDS):
        _check(layer, CORPUS.LAYERS[layer][2], seed)


@pytest.mark.parametrize(("layer", "mistake"), WRONG, ids=[" ".join(w) for w in WRONG])
def test_a_wrong_backward_is_always_refused(layer, mistake):
    for seed in range(10):
        with pytest.raises(CheckFailed) as caught:
            _check(layer, CORPUS.WRONG[layer][mistake], seed)
        assert caught.value.messages[0].id == "gradient"
