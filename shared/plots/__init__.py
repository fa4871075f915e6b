"""The lecture's pictures, drawn with a student's own functions.

`FIGURES` has the drawing functions of each component, in the order of its notebook. Each takes the
module `nn.COMPONENT` (and ``lang="en"`` or ``"ru"``, and sizes that make it quicker), and returns a
figure of matplotlib. `to_png` and `to_svg` turn that into bytes, the same ones every time.

A new picture is a function with the decorator `style.picture` in the module of its component, its
words in `words.py`, and its name below.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.language import LANGUAGES
from shared.plots import (
    activations,
    alexnet,
    backprop,
    batchnorm,
    conv,
    dropout,
    init,
    lenet,
    optimizers,
    pool,
    standardize,
    weight_decay,
)
from shared.plots.style import Draw, to_png, to_svg

FIGURES: dict[str, Sequence[Draw]] = {
    "backprop": (backprop.one_neuron, backprop.losses, backprop.network_learns),
    "optimizers": (optimizers.learning_rates, optimizers.paths),
    "init": (init.identical_weights, init.signal_by_layer),
    "activations": (activations.curves, activations.gradient_by_depth),
    "dropout": (dropout.masks, dropout.with_and_without),
    "weight_decay": (weight_decay.by_parameters, weight_decay.remedies),
    "standardize": (standardize.one_sign, standardize.before_and_after),
    "batchnorm": (batchnorm.normalised, batchnorm.running_statistics),
    "conv": (conv.sliding, conv.masks, conv.stride_and_padding),
    "pool": (pool.windows, pool.digit),
    "lenet": (lenet.learning, lenet.feature_maps),
    "alexnet": (alexnet.table,),
}
DRAW_DIGITS = frozenset({"conv", "pool", "lenet"})  # the components whose pictures need the data

__all__ = ["DRAW_DIGITS", "FIGURES", "LANGUAGES", "Draw", "to_png", "to_svg"]
