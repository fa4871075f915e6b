"""Vectorised answers, plain and unusual: none may be called a loop.

Each function takes a batch `x` of rows; those called `image_...` take images (N, C, H, W).
"""

import functools
import itertools
import math
import operator

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

W = np.random.default_rng(1).standard_normal((6, 4))
LAYERS = [np.random.default_rng(i).standard_normal((6, 6)) for i in range(5)]
MASK = np.random.default_rng(2).standard_normal((4, 2, 3, 2))


def _labels(x):
    return np.abs(x[:, 0] * 10).astype(int) % 4


def linear(x):
    return x @ W


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def stable_sigmoid(x):
    y = np.empty(x.shape)
    left = x < 0
    y[left] = np.exp(x[left]) / (1 + np.exp(x[left]))
    y[~left] = 1 / (1 + np.exp(-x[~left]))
    return y


def batch_norm(x):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)


def one_hot(x):
    return np.eye(4)[_labels(x)]


def fancy_indexed(x):
    return -np.log(softmax(x)[np.arange(len(x)), _labels(x)]).mean()


def scattered(x):
    out = np.zeros((4, 6))
    np.add.at(out, _labels(x), x)
    return out


def einsum(x):
    return np.einsum("nd,dm->nm", x, W)


def einsum_optimised(x):
    return np.einsum("nd,dm,nk->mk", x, W, x, optimize=True)


def tensordot(x):
    return np.tensordot(x, W, axes=([1], [0]))


def loop_over_layers(x):
    for w in LAYERS:
        x = np.tanh(x @ w)
    return x


def reduce_over_layers(x):
    return functools.reduce(lambda y, w: np.maximum(y @ w, 0), LAYERS, x)


def map_over_layers(x):
    return sum(map(operator.matmul, itertools.repeat(x), LAYERS))


def loop_over_classes(x):
    labels = _labels(x)
    return np.array([x[labels == c].sum() for c in range(4)])


def loop_over_features(x):
    return np.stack([(x[:, j] - x[:, j].mean()) / x[:, j].std() for j in range(6)], axis=1)


def fixed_iterations(x):
    v = np.ones(6)
    for _ in range(20):
        v = x.T @ (x @ v)
        v = v / np.linalg.norm(v)
    return v


def chunks_of_256(x):
    parts = [x[i : i + 256] @ W for i in range(0, len(x), 256)]
    return np.concatenate(parts)


def cumulative(x):
    return np.cumsum(x, axis=0) / np.arange(1, len(x) + 1)[:, None]


def accumulated(x):
    return np.maximum.accumulate(x, axis=0) + np.minimum.accumulate(x)


def median(x):
    return np.median(x, axis=0) + np.percentile(x, 30, axis=0)


def pad_and_roll(x):
    return np.roll(np.pad(x, ((1, 1), (0, 0)), mode="reflect"), 1, axis=0)


def sorted_by_numpy(x):
    order = np.argsort(x, axis=0, kind="stable")
    return np.take_along_axis(x, order, axis=0), np.partition(x, 3, axis=0)[:3]


def unique(x):
    values, counts = np.unique(_labels(x), return_counts=True)
    return values.astype(float).sum() + counts.sum()


def histogram(x):
    return np.histogram(x, bins=10, range=(-3, 3))[0] + np.bincount(_labels(x), minlength=10)


def where_and_select(x):
    return np.select([x < -1, x > 1], [x, 2 * x], default=np.where(x > 0, x, 0.0))


def piecewise(x):
    return np.piecewise(x, [x < 0, x >= 0], [lambda v: np.exp(v) - 1, lambda v: v])


def solved(x):
    return np.linalg.solve(x.T @ x + np.eye(6), x.T @ x[:, :1])


def decomposed(x):
    return np.linalg.svd(x, compute_uv=False)[:3], np.linalg.eigvalsh(x.T @ x)


def covariance(x):
    return np.cov(x, rowvar=False) + np.corrcoef(x, rowvar=False)


def fourier(x):
    return np.fft.irfft(np.fft.rfft(x, axis=1) * np.fft.rfft(np.ones(6)), n=6, axis=1)


def strided(x):
    view = as_strided(x, (len(x) - 2, 3, 6), (x.strides[0], *x.strides))
    return view.mean(axis=1)


def interpolated(x):
    return np.interp(x.ravel(), np.linspace(-3, 3, 20), np.linspace(0, 1, 20)).reshape(x.shape)


def doubling(x):
    # A tree of depth log n: more Python work at a larger size, and no loop over it.
    total = x[: 1 << (len(x).bit_length() - 1)]
    while len(total) > 1:
        total = total[: len(total) // 2] + total[len(total) // 2 :]
    return total


def polynomial(x):
    return np.polyval([0.1, -1.0, 2.0], x) + math.sqrt(x.shape[1])


def split_and_joined(x):
    a, b = np.split(x, 2, axis=1)
    return np.concatenate([b, a], axis=1), np.hstack((a, a)), np.block([[a, b]])


def meshed(x):
    return np.hypot(*np.meshgrid(x[:, 0], np.arange(3.0)))


def builtins_of_few(x):
    rows, columns = max(len(x), 2), min(x.shape)
    sizes = sorted([rows, columns, 3])
    return x * sum([1.0, 2.0]) * all(s > 0 for s in sizes) + any(map(bool, LAYERS[0][0]))


def image_windows(x):
    return np.einsum("nchwij,fcij->nfhw", sliding_window_view(x, (3, 2), (2, 3)), MASK)


def image_mask_loop(x):
    out = np.zeros((len(x), 4, x.shape[2] - 2, x.shape[3] - 1))
    h, w = out.shape[2:]
    for i in range(3):
        for j in range(2):
            part = x[:, :, i : i + h, j : j + w]
            out += np.tensordot(part, MASK[:, :, i, j], axes=([1], [1])).transpose(0, 3, 1, 2)
    return out


def image_im2col(x):
    i, j = np.meshgrid(np.arange(4), np.arange(4), indexing="ij")
    di, dj = np.meshgrid(np.arange(3), np.arange(2), indexing="ij")
    rows = i.reshape(-1, 1) + di.reshape(1, -1)
    columns = x[:, :, rows, j.reshape(-1, 1) + dj.reshape(1, -1)]
    return np.tensordot(columns, MASK.reshape(4, 2, 6), axes=([1, 3], [1, 2]))


def image_pixel_loop(x):
    out = np.empty((len(x), 2, 3, 2))
    for i, j in itertools.product(range(3), range(2)):
        out[:, :, i, j] = x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max(axis=(2, 3))
    return out


def image_fourier(x):
    f = np.fft.rfft2(x, axes=(2, 3))
    return np.fft.irfft2(f * np.conj(f), s=x.shape[2:], axes=(2, 3))


def image_flattened(x):
    return x.reshape(len(x), -1).mean(axis=1), x.swapaxes(0, 1).reshape(2, -1).std(axis=1)
