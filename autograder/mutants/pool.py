"""Wrong and unusual-but-right solutions of `pool`. The format is in `autograder.mutants`."""

import numpy as np

from autograder.mutants import right, wrong

# Forward


@wrong(
    "max-stride-of-one", caught_by="test_max_pool2d_worked_example", says="if no stride is given"
)
class _:
    """Takes a stride of 1 where none is given."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(1 if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong(
    "max-stride-ignored", caught_by="test_max_pool2d_worked_example", says="starts at row r * SV"
)
class _:
    """Moves by the window, whatever the stride."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong(
    "max-from-zero",
    caught_by="test_max_pool2d_windows",
    says="Pixels may all be negative",
    looks=(
        "looks-incomplete",
        "looks-zero",
    ),
)
class _:
    """Starts the search at 0: negative pixels lose."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), 0, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong("max-window-swapped", caught_by="test_max_pool2d_windows", says="shape")
class _:
    """Takes the window as (horizontal, vertical)."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kw, kh), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong(
    "max-stride-swapped", caught_by="test_max_pool2d_windows", says="row r * SV and column s * SH"
)
class _:
    """Takes the stride as (horizontal, vertical)."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sh, sv) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong("max-square-windows-only", caught_by="test_max_pool2d_windows", says="shape")
class _:
    """Takes the height of the window for its width too."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        kw, sh = kh, sv
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong("max-size-rounded-up", caught_by="test_max_pool2d_windows", says="shape")
class _:
    """Pads with zeros where the stride does not divide."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        over = [-(n - k) % s for n, k, s in zip(x.shape[2:], (kh, kw), (sv, sh))]
        x = np.pad(x, ((0, 0), (0, 0), (0, over[0]), (0, over[1])))
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong("max-last-window-forgotten", caught_by="test_max_pool2d_worked_example", says="shape")
class _:
    """Forgets the last row and the last column of windows."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv, (x.shape[3] - kw) // sh
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong(
    "max-over-channels",
    caught_by="test_max_pool2d_windows",
    says="of each window and of nothing else",
)
class _:
    """Takes the maximum over the channels as well."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        y = np.broadcast_to(y.max(axis=1, keepdims=True), y.shape)
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong(
    "max-memory-order",
    caught_by="test_max_pool2d_forward_shapes_and_layouts",
    says="memory layouts",
    looks=("looks-shuffled",),
)
class _:
    """Flattens in memory order: images in Fortran order are scrambled."""

    def max_pool2d_forward(x, *, window, stride=None):
        x = np.ravel(x, order="K").reshape(x.shape)
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong("max-float64-always", caught_by="test_float32_is_kept", says="dtype")
class _:
    """Makes its start value in float64."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong(
    "max-sorts-in-place",
    caught_by="test_arguments_are_unchanged",
    says="changed",
    looks=("looks-shuffled",),
)
class _:
    """Writes the maximum into the first pixel of each window, in the image itself."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        x[:, :, : sv * oh : sv, : sh * ow : sh] = y
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong("max-window-loop", caught_by="test_forward_has_no_loop", says="loop")
class _:
    """A Python loop over the windows."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for r, s in np.ndindex(oh, ow):
            y[:, :, r, s] = x[:, :, r * sv : r * sv + kh, s * sh : s * sh + kw].max(axis=(2, 3))
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong("max-image-loop", caught_by="test_forward_has_no_loop", says="loop")
class _:
    """A Python loop over the images."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            for n in range(len(x)):
                y[n] = np.maximum(y[n], x[n, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong("max-every-pair", caught_by="test_max_pool2d_run_time", says="too-slow")
class _:
    """Compares every pixel of a window with every other one."""

    from numpy.lib.stride_tricks import sliding_window_view

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        windows = sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, ::sv, ::sh]
        windows = windows.reshape(*x.shape[:2], oh, ow, kh * kw)
        wins = (windows[..., :, None] >= windows[..., None, :]).all(axis=-1)
        y = np.take_along_axis(windows, wins.argmax(axis=-1)[..., None], axis=-1)[..., 0]
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong(
    "avg-divided-by-a-side",
    caught_by="test_avg_pool2d_windows",
    says="divided by KH * KW",
    looks=("looks-scaled",),
)
class _:
    """Divides by the square of the window's height."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return y / (kh * kh), (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        oh, ow = dy.shape[2:]
        dx = np.zeros(shape, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dy / (kh * kw)
        return dx


@wrong(
    "avg-divided-by-the-stride",
    caught_by="test_avg_pool2d_windows",
    says="divided by KH * KW",
    looks=("looks-scaled",),
)
class _:
    """Divides by the product of the strides."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return y / (sv * sh), (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        oh, ow = dy.shape[2:]
        dx = np.zeros(shape, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dy / (kh * kw)
        return dx


@wrong(
    "avg-sum",
    caught_by="test_avg_pool2d_windows",
    says="divided by KH * KW",
    looks=("looks-scaled",),
)
class _:
    """Returns the sum of each window."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return y, (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        oh, ow = dy.shape[2:]
        dx = np.zeros(shape, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dy / (kh * kw)
        return dx


@wrong(
    "avg-float32-inside",
    caught_by="test_avg_pool2d_forward_shapes_and_layouts",
    says="looks-float32",
)
class _:
    """Adds up in float32 and casts back."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=np.float32)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return (y / (kh * kw)).astype(x.dtype), (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        oh, ow = dy.shape[2:]
        dx = np.zeros(shape, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dy / (kh * kw)
        return dx


@wrong("min-of-the-maximum", caught_by="test_min_pool2d_windows", says="looks-negated")
class _:
    """Forgets to negate again: the maximum of -x."""

    def min_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.minimum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return -y, (x, y, (kh, kw), (sv, sh))

    def min_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong(
    "min-from-zero",
    caught_by="test_min_pool2d_windows",
    says="be it positive or negative",
    looks=("looks-incomplete",),
)
class _:
    """Starts the search at 0: positive pixels lose."""

    def min_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), 0, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.minimum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def min_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong(
    "min-memory-order",
    caught_by="test_min_pool2d_forward_shapes_and_layouts",
    says="memory layouts",
    looks=("looks-shuffled",),
)
class _:
    """Flattens in memory order: images in Fortran order are scrambled."""

    def min_pool2d_forward(x, *, window, stride=None):
        x = np.ravel(x, order="K").reshape(x.shape)
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.minimum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def min_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


# Backward


@wrong(
    "dx-places-transposed",
    caught_by="test_max_pool2d_backward_worked_example",
    says="row and column",
    looks=("looks-shuffled",),
)
class _:
    """Exchanges row and column in square windows when dy goes back."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            p, q = (j, i) if kh == kw else (i, j)
            back = np.s_[:, :, p : p + sv * oh : sv, q : q + sh * ow : sh]
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[back] += dy * hit
        return dx


@wrong(
    "dx-to-every-pixel",
    caught_by="test_max_pool2d_backward_worked_example",
    says="nothing to the others",
)
class _:
    """Gives dy to every pixel of the window."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy
        return dx


@wrong(
    "dx-overlap-assigned",
    caught_by="test_max_pool2d_backward_matches_differences",
    says="looks-overlap",
)
class _:
    """Assigns instead of adding where windows overlap."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] = np.where(hit, dy, dx[seen])
        return dx


@wrong(
    "dx-upstream-ignored",
    caught_by="test_max_pool2d_backward_matches_differences",
    says="looks-upstream-ignored",
)
class _:
    """Takes the upstream gradient for ones."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += hit
        return dx


@wrong(
    "dx-every-maximum-in-full",
    caught_by="test_max_pool2d_backward_ties",
    says="both in full is twice too much",
)
class _:
    """Gives the whole dy to every pixel that shares the maximum."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            dx[seen] += dy * hit
        return dx


@wrong(
    "min-every-minimum-in-full",
    caught_by="test_ties_share",
    says="once, however many pixels are best",
)
class _:
    """Gives the whole dy to every pixel that shares the minimum."""

    def min_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.minimum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def min_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            dx[seen] += dy * hit
        return dx


@wrong(
    "dx-cut-to-what-is-read", caught_by="test_max_pool2d_backward_matches_differences", says="shape"
)
class _:
    """Returns dx without the rows that no window reads."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx[:, :, : sv * (oh - 1) + kh]


@wrong(
    "dx-memory-order",
    caught_by="test_max_pool2d_backward_shapes_and_layouts",
    says="memory layouts",
    looks=("looks-shuffled",),
)
class _:
    """Flattens the upstream in memory order."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        dy = np.ravel(dy, order="K").reshape(dy.shape)
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong(
    "avg-dx-undivided",
    caught_by="test_avg_pool2d_backward_matches_differences",
    says="the same part in its average",
    looks=("looks-scaled",),
)
class _:
    """Gives the whole dy to every pixel."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return y / (kh * kw), (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        oh, ow = dy.shape[2:]
        dx = np.zeros(shape, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dy
        return dx


@wrong(
    "avg-dx-overlap-assigned",
    caught_by="test_avg_pool2d_backward_matches_differences",
    says="looks-overlap",
)
class _:
    """Assigns instead of adding where windows overlap."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return y / (kh * kw), (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        oh, ow = dy.shape[2:]
        dx = np.zeros(shape, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] = dy / (kh * kw)
        return dx


@wrong(
    "avg-dx-memory-order",
    caught_by="test_avg_pool2d_backward_shapes_and_layouts",
    says="memory layouts",
    looks=("looks-shuffled",),
)
class _:
    """Flattens the upstream in memory order."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return y / (kh * kw), (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        dy = np.ravel(dy, order="K").reshape(dy.shape)
        oh, ow = dy.shape[2:]
        dx = np.zeros(shape, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dy / (kh * kw)
        return dx


@wrong(
    "avg-dx-everywhere",
    caught_by="test_pool_unread_pixels",
    says="Where no window has looked, it is 0",
    looks=("looks-shifted",),
)
class _:
    """Starts from a small number instead of 0, against divisions by 0 later on."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return y / (kh * kw), (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        oh, ow = dy.shape[2:]
        dx = np.full(shape, 1e-8, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dy / (kh * kw)
        return dx


@wrong(
    "min-dx-negated", caught_by="test_min_pool2d_backward_matches_differences", says="looks-negated"
)
class _:
    """Leaves the sign of -x in the gradient."""

    def min_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.minimum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def min_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return -dx


@wrong(
    "min-dx-float32-inside",
    caught_by="test_min_pool2d_backward_shapes_and_layouts",
    says="looks-float32",
)
class _:
    """Adds up in float32 and casts back."""

    def min_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.minimum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def min_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=np.float32), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx.astype(dy.dtype)


@wrong("upstream-divided-in-place", caught_by="test_arguments_are_unchanged", says="changed")
class _:
    """Divides the upstream gradient in place."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return y / (kh * kw), (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        oh, ow = dy.shape[2:]
        dy /= kh * kw
        dx = np.zeros(shape, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dy
        return dx


@wrong("global-cache", caught_by="test_calls_do_not_mix", says="not into a global variable")
class _:
    """Keeps the images in a global variable."""

    kept = {}

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        kept.update(x=x, y=y)
        return y, ((kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, ((kh, kw), (sv, sh)) = kept["x"], kept["y"], cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@wrong("global-sizes", caught_by="test_two_pools_interleaved", says="keeps its window, its stride")
class _:
    """Keeps window and stride in a global variable, for all layers together."""

    kept = {}

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        kept.update(sizes=((kh, kw), (sv, sh)))
        return y / (kh * kw), x.shape

    def avg_pool2d_backward(dy, cache):
        shape, ((kh, kw), (sv, sh)) = cache, kept["sizes"]
        oh, ow = dy.shape[2:]
        dx = np.zeros(shape, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dy / (kh * kw)
        return dx


@wrong("dx-window-loop", caught_by="test_backward_has_no_loop", says="loop")
class _:
    """A Python loop over the windows when the average goes back."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return y / (kh * kw), (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        oh, ow = dy.shape[2:]
        dx = np.zeros(shape, dtype=dy.dtype)
        for r, s in np.ndindex(oh, ow):
            part = dx[:, :, r * sv : r * sv + kh, s * sh : s * sh + kw]
            part += dy[:, :, r : r + 1, s : s + 1] / (kh * kw)
        return dx


# Right, and unusual


@right("plain")
class _:
    """The yardstick of run time: one slice for each place in the window."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.zeros((*x.shape[:2], oh, ow), dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
        return y / (kh * kw), (x.shape, (kh, kw), (sv, sh))

    def avg_pool2d_backward(dy, cache):
        shape, (kh, kw), (sv, sh) = cache
        oh, ow = dy.shape[2:]
        dx = np.zeros(shape, dtype=dy.dtype)
        for i, j in np.ndindex(kh, kw):
            dx[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] += dy / (kh * kw)
        return dx

    def min_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.minimum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def min_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in np.ndindex(kh, kw):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx


@right("windows-and-add-at")
class _:
    """A view of all windows, argmax, and np.add.at on the way back."""

    from numpy.lib.stride_tricks import sliding_window_view

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        windows = sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, ::sv, ::sh]
        flat = windows.reshape(*windows.shape[:4], kh * kw)
        best = flat.argmax(axis=-1)
        y = np.take_along_axis(flat, best[..., None], axis=-1)[..., 0]
        return y, {"shape": x.shape, "best": best, "kw": kw, "stride": (sv, sh)}

    def max_pool2d_backward(dy, cache):
        n, c, r, s = np.indices(dy.shape)
        rows = r * cache["stride"][0] + cache["best"] // cache["kw"]
        columns = s * cache["stride"][1] + cache["best"] % cache["kw"]
        dx = np.zeros(cache["shape"], dtype=dy.dtype)
        np.add.at(dx, (n, c, rows, columns), dy)
        return dx

    def min_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        windows = sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, ::sv, ::sh]
        flat = windows.reshape(*windows.shape[:4], kh * kw)
        best = flat.argmin(axis=-1)
        y = np.take_along_axis(flat, best[..., None], axis=-1)[..., 0]
        return y, {"shape": x.shape, "best": best, "kw": kw, "stride": (sv, sh)}

    def min_pool2d_backward(dy, cache):
        n, c, r, s = np.indices(dy.shape)
        rows = r * cache["stride"][0] + cache["best"] // cache["kw"]
        columns = s * cache["stride"][1] + cache["best"] % cache["kw"]
        dx = np.zeros(cache["shape"], dtype=dy.dtype)
        np.add.at(dx, (n, c, rows, columns), dy)
        return dx

    def avg_pool2d_forward(x, *, window, stride=None):
        (sv, sh) = _pair(window if stride is None else stride)
        windows = sliding_window_view(x, _pair(window), axis=(2, 3))[:, :, ::sv, ::sh]
        return windows.mean(axis=(4, 5)), (x.shape, _pair(window), sv, sh)

    def avg_pool2d_backward(dy, cache):
        shape, size, sv, sh = cache
        dx = np.zeros(shape, dtype=dy.dtype)
        windows = sliding_window_view(dx, size, axis=(2, 3), writeable=True)[:, :, ::sv, ::sh]
        np.add.at(windows, (Ellipsis,), (dy / np.prod(size))[..., None, None])
        return dx.astype(dy.dtype)


@right("ties-shared-equally")
class _:
    """Pixels that share the best number share the upstream in equal parts."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, count = np.zeros(x.shape, dtype=dy.dtype), np.zeros(y.shape, dtype=dy.dtype)
        places = [(i, j) for i in range(kh) for j in range(kw)]
        for i, j in places:
            count += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] == y
        for i, j in places:
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            dx[seen] += dy / count * (x[seen] == y)
        return dx

    def min_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.minimum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return y, (x, y, (kh, kw), (sv, sh))

    def min_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, count = np.zeros(x.shape, dtype=dy.dtype), np.zeros(y.shape, dtype=dy.dtype)
        places = [(i, j) for i in range(kh) for j in range(kw)]
        for i, j in places:
            count += x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh] == y
        for i, j in places:
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            dx[seen] += dy / count * (x[seen] == y)
        return dx


@right("last-of-equals")
class _:
    """The last of equal pixels takes all; the minimum by the maximum of -x; Fortran order."""

    def max_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        oh, ow = (x.shape[2] - kh) // sv + 1, (x.shape[3] - kw) // sh + 1
        y = np.full((*x.shape[:2], oh, ow), -np.inf, dtype=x.dtype)
        for i, j in np.ndindex(kh, kw):
            y = np.maximum(y, x[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh])
        return np.asfortranarray(y), (x, y, (kh, kw), (sv, sh))

    def max_pool2d_backward(dy, cache):
        x, y, (kh, kw), (sv, sh) = cache
        oh, ow = y.shape[2:]
        dx, free = np.zeros(x.shape, dtype=dy.dtype), np.ones(y.shape, dtype=bool)
        for i, j in reversed(list(np.ndindex(kh, kw))):
            seen = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            hit = free & (x[seen] == y)
            free &= ~hit
            dx[seen] += dy * hit
        return dx

    def min_pool2d_forward(x, *, window, stride=None):
        y, cache = max_pool2d_forward(-x, window=window, stride=stride)
        return -y, cache

    def min_pool2d_backward(dy, cache):
        return -max_pool2d_backward(-dy, cache)


@right("average-by-products")
class _:
    """The average as two products with banded matrices; back with their transposes."""

    def band(length, size, step, dtype):
        first = step * np.arange((length - size) // step + 1)[:, None]
        place = np.arange(length)
        return ((place >= first) & (place < first + size)).astype(dtype) / size

    def avg_pool2d_forward(x, *, window, stride=None):
        sizes, steps = _pair(window), _pair(window if stride is None else stride)
        rows, columns = (band(*a, x.dtype) for a in zip(x.shape[2:], sizes, steps))
        return (rows @ x @ columns.T).astype(x.dtype), [rows, columns]

    def avg_pool2d_backward(dy, cache):
        rows, columns = cache
        return (rows.T @ dy @ columns).astype(dy.dtype)


@right("average-by-running-sums")
class _:
    """The average as differences of running sums over rows and columns."""

    def avg_pool2d_forward(x, *, window, stride=None):
        (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
        total = np.zeros((*x.shape[:2], x.shape[2] + 1, x.shape[3] + 1), dtype=x.dtype)
        total[:, :, 1:, 1:] = x.cumsum(axis=2).cumsum(axis=3)
        rows = total[:, :, kh:][:, :, ::sv] - total[:, :, :-kh][:, :, ::sv]
        y = rows[..., kw:][..., ::sh] - rows[..., :-kw][..., ::sh]
        return y / (kh * kw), (x.shape, (kh, sv), (kw, sh))


# Mechanical mutants that nothing can tell from the reference, with the reason.
EQUIVALENT: dict[str, str] = {
    "_spread: place += dy if where is None else dy * (where == k) → "
    "place -= dy if where is None else dy * (where == k)": "two steps turn the sign twice",
}
