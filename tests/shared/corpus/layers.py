"""Right forwards and backwards of ten kinds of layer, and wrong backwards of each.

A layer is (draw, forward, backward): `draw(rng)` gives the arrays that have gradients,
`forward(*arrays)` the output, `backward(dy, *arrays)` the gradients in the same order. A wrong
backward changes one thing.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

EPS = 1e-2
ALPHA = 0.5
LABELS = np.array([2, 0, 1, 2, 3])
KEEP = np.random.default_rng(8).random((5, 4)) < 0.6


def away_from_zero(rng, *shape):
    return rng.uniform(0.1, 2, shape) * rng.choice([-1, 1], shape)


def apart(rng, *shape):
    x = rng.permutation(int(np.prod(shape))).reshape(shape) * 0.01
    x[:, 2, 2] += x.size  # the largest of four windows, so that its gradients have to add up
    return x


def linear(x, w, b):
    return x @ w + b


def linear_back(dy, x, w, b):
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_back(dy, x):
    return (dy * sigmoid(x) * (1 - sigmoid(x)),)


def relu(x):
    return np.maximum(x, 0)


def elu(x):
    return np.where(x > 0, x, ALPHA * (np.exp(x) - 1))


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(x):
    return -np.log(softmax(x)[np.arange(5), LABELS]).mean()


def cross_entropy_back(dy, x):
    return (dy * (softmax(x) - np.eye(4)[LABELS]) / 5,)


def normal(x, eps=EPS):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)


def batchnorm(x, gamma, beta):
    return gamma * normal(x) + beta


def batchnorm_back(dy, x, gamma, beta, *, eps=EPS, n=None, mean=1.0, var=1.0, given=None):
    n = n or len(x)
    xhat, d = normal(x), dy * gamma
    inner = d - mean * d.sum(axis=0) / n - var * xhat * (d * xhat).sum(axis=0) / n
    dx = inner / np.sqrt(x.var(axis=0) + eps)
    return dx, (dy * (xhat if given is None else given)).sum(axis=0), dy.sum(axis=0)


def dropout(x):
    return x * KEEP / 0.6


def conv(x, w, b):
    windows = sliding_window_view(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 2), (2, 3))
    return np.einsum("nchwij,fcij->nfhw", windows, w) + b[:, None, None]


def conv_back(dy, x, w, b):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, (3, 2), (2, 3))
    spread = np.zeros(padded.shape)
    h, v = dy.shape[2:]
    for i in range(3):
        for j in range(2):
            spread[:, :, i : i + h, j : j + v] += np.einsum("nfhw,fc->nchw", dy, w[:, :, i, j])
    dw = np.einsum("nfhw,nchwij->fcij", dy, windows)
    return spread[:, :, 1:-1, 1:-1], dw, dy.sum(axis=(0, 2, 3))


def _pooled(x):
    return sliding_window_view(x, (3, 3), (1, 2))[:, ::2, ::2]


def max_pool(x):
    return _pooled(x).max(axis=(3, 4))


def max_pool_back(dy, x, *, add=True, everyone=False, turned=False):
    dx = np.zeros(x.shape)
    for n, i, j in np.ndindex(dy.shape):
        cell = (n, slice(2 * i, 2 * i + 3), slice(2 * j, 2 * j + 3))
        top = np.ones((3, 3)) if everyone else 1.0 * (x[cell] == x[cell].max())
        share = dy[n, i, j] * (top.T if turned else top)
        dx[cell] = dx[cell] + share if add else np.where(share, share, dx[cell])
    return (dx,)


def avg_pool(x):
    return _pooled(x).mean(axis=(3, 4))


def avg_pool_back(dy, x, *, area=9):
    return (max_pool_back(dy, x, everyone=True)[0] / area,)


LAYERS = {
    "linear": (lambda r: [r.normal(size=s) for s in ((5, 4), (4, 3), 3)], linear, linear_back),
    "sigmoid": (lambda r: [r.normal(size=(5, 4))], sigmoid, sigmoid_back),
    "relu": (lambda r: [away_from_zero(r, 5, 4)], relu, lambda dy, x: (dy * (x > 0),)),
    "elu": (
        lambda r: [away_from_zero(r, 5, 4)],
        elu,
        lambda dy, x: (dy * np.where(x > 0, 1, elu(x) + ALPHA),),
    ),
    "cross entropy": (lambda r: [r.normal(size=(5, 4))], cross_entropy, cross_entropy_back),
    "batch norm": (
        lambda r: [r.normal(size=(6, 4)), r.normal(size=4), r.normal(size=4)],
        batchnorm,
        batchnorm_back,
    ),
    "dropout": (lambda r: [r.normal(size=(5, 4))], dropout, lambda dy, x: (dy * KEEP / 0.6,)),
    "conv": (
        lambda r: [r.normal(size=s) for s in ((2, 3, 5, 4), (4, 3, 3, 2), 4)],
        conv,
        conv_back,
    ),
    "max pool": (lambda r: [apart(r, 2, 7, 5)], max_pool, max_pool_back),
    "average pool": (lambda r: [r.normal(size=(2, 7, 5))], avg_pool, avg_pool_back),
}


def _instead(right, index, change):
    """A backward whose gradient number `index` goes through `change(gradient, dy, *arrays)`."""

    def wrong(dy, *arrays):
        gradients = list(right(dy, *arrays))
        gradients[index] = change(gradients[index], dy, *arrays)
        return tuple(gradients)

    return wrong


def _corner(g, *_):
    g[..., 0, 0] = 0
    return g


def _one_entry(g, *_):
    worst = np.unravel_index(int(np.argmax(np.abs(g))), g.shape)
    g[worst] *= 1 + 1e-3
    return g


def _pair(g, *_):
    g.flat[0] += 1e-3
    g.flat[-1] -= 1e-3
    return g


def _swapped(g, dy, x, w, b):
    return np.roll(g, 1, axis=1)


WRONG = {
    "linear": {
        "db is a mean": _instead(linear_back, 2, lambda g, dy, *_: dy.mean(axis=0)),
        "dw divided by N": _instead(linear_back, 1, lambda g, *_: g / 5),
        "dw times N/(N-1)": _instead(linear_back, 1, lambda g, *_: g * 5 / 4),
        "dx without the transpose": lambda dy, x, w, b: (
            np.pad(dy, ((0, 0), (0, 1))) @ np.pad(w, ((0, 0), (0, 1))),
            x.T @ dy,
            dy.sum(axis=0),
        ),
        "upstream ignored in dw": _instead(
            linear_back, 1, lambda g, dy, x, w, b: x.T @ np.ones(dy.shape)
        ),
        "upstream ignored in db": _instead(linear_back, 2, lambda g, dy, *_: 5 * np.ones(3)),
        "one entry by 1e-3": _instead(linear_back, 1, _one_entry),
        "a pair +a and -a": _instead(linear_back, 0, _pair),
    },
    "sigmoid": {
        "s": lambda dy, x: (dy * sigmoid(x),),
        "x(1 - x)": lambda dy, x: (dy * x * (1 - x),),
        "s twice": lambda dy, x: (dy * sigmoid(sigmoid(x)) * (1 - sigmoid(sigmoid(x))),),
        "upstream ignored": lambda dy, x: sigmoid_back(1.0, x),
        "sign": lambda dy, x: (-sigmoid_back(dy, x)[0],),
    },
    "relu": {
        "mask on dy": lambda dy, x: (dy * (dy > 0),),
        "leak of 1e-2": lambda dy, x: (dy * np.where(x > 0, 1, 1e-2),),
        "leak of 1e-4": lambda dy, x: (dy * np.where(x > 0, 1, 1e-4),),
        "no mask": lambda dy, x: (dy.copy(),),
        "upstream ignored": lambda dy, x: (1.0 * (x > 0),),
    },
    "elu": {
        "no alpha": lambda dy, x: (dy * np.where(x > 0, 1, np.exp(x)),),
        "y and not y + alpha": lambda dy, x: (dy * np.where(x > 0, 1, elu(x)),),
        "zero on the left": lambda dy, x: (dy * (x > 0),),
    },
    "cross entropy": {
        "no 1/N": lambda dy, x: (5 * cross_entropy_back(dy, x)[0],),
        "no one-hot": lambda dy, x: (dy * softmax(x) / 5,),
        "sign": lambda dy, x: (-cross_entropy_back(dy, x)[0],),
        "1/C": lambda dy, x: (cross_entropy_back(dy, x)[0] * 5 / 4,),
        "upstream ignored": lambda dy, x: cross_entropy_back(1.0, x),
    },
    "batch norm": {
        "no statistics' paths": lambda *a: batchnorm_back(*a, mean=0, var=0),
        "no mean path": lambda *a: batchnorm_back(*a, mean=0),
        "no variance path": lambda *a: batchnorm_back(*a, var=0),
        "no eps": lambda *a: batchnorm_back(*a, eps=0),
        "N - 1": lambda dy, x, *a: batchnorm_back(dy, x, *a, n=len(x) - 1),
        "dgamma from x": lambda dy, x, *a: batchnorm_back(dy, x, *a, given=x),
        "dbeta is a mean": _instead(batchnorm_back, 2, lambda g, *_: g / 6),
    },
    "dropout": {
        "no scale": lambda dy, x: (dy * KEEP,),
        "no mask": lambda dy, x: (dy / 0.6,),
        "scaled by p": lambda dy, x: (dy * KEEP / 0.4,),
    },
    "conv": {
        "dx with the mask turned": lambda dy, x, w, b: (
            conv_back(dy, x, w[:, :, ::-1, ::-1], b)[0],
            *conv_back(dy, x, w, b)[1:],
        ),
        "crop off by one": _instead(conv_back, 0, lambda g, *_: np.roll(g, 1, axis=3)),
        "one corner pixel": _instead(conv_back, 0, _corner),
        "last column of the mask": _instead(conv_back, 1, lambda g, *_: g * np.array([1.0, 0.0])),
        "channels swapped": _instead(conv_back, 1, _swapped),
        "db is a mean": _instead(conv_back, 2, lambda g, dy, *_: dy.mean(axis=(0, 2, 3))),
        "dw divided by N": _instead(conv_back, 1, lambda g, *_: g / 2),
    },
    "max pool": {
        "assigned and not added": lambda dy, x: max_pool_back(dy, x, add=False),
        "index transposed": lambda dy, x: max_pool_back(dy, x, turned=True),
        "to all": lambda dy, x: max_pool_back(dy, x, everyone=True),
    },
    "average pool": {
        "no 1/area": lambda dy, x: avg_pool_back(dy, x, area=1),
        "1/k": lambda dy, x: avg_pool_back(dy, x, area=3),
    },
}
