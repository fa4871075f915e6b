"""Wrong and unusual-but-right solutions of `batchnorm`. The format is in `autograder.mutants`.

The reference's `_forward` and `_backward` serve both layers, so most mistakes are made there; the
cache is (centred, inverse, gamma, train).
"""

import numpy as np

from autograder.mutants import right, wrong

# The forward in training


@wrong(
    "eps-outside-the-root",
    caught_by="test_forward_worked_example",
    says="sqrt(var + eps)",
    looks=(
        "looks-rescaled-columns",
        "looks-scaled-columns",
    ),
)
class _:
    """Adds eps to the standard deviation instead of the variance."""

    def _forward(x, gamma, beta, running, ema, eps, train):
        mean, var = running
        if train:
            mean = _sums(x) / (x.size // len(gamma))
        centred = x - _along_channels(mean, x.ndim)
        if train:
            var = _sums_of_products(centred, centred) / (x.size // len(gamma))
            running = (ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * var)
        inverse = 1 / (np.sqrt(var) + eps)
        y = centred * _along_channels(gamma * inverse, x.ndim) + _along_channels(beta, x.ndim)
        return y, (centred, inverse, gamma, train), running


@wrong(
    "eps-forgotten",
    caught_by="test_forward_without_spread",
    says="sqrt(var + eps)",
    looks=("looks-rescaled-columns",),
)
class _:
    """Leaves eps out where there is a spread, and divides by 0 where there is none."""

    def _forward(x, gamma, beta, running, ema, eps, train):
        mean, var = running
        if train:
            mean = _sums(x) / (x.size // len(gamma))
        centred = x - _along_channels(mean, x.ndim)
        if train:
            var = _sums_of_products(centred, centred) / (x.size // len(gamma))
            running = (ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * var)
        inverse = 1 / np.sqrt(var)
        y = centred * _along_channels(gamma * inverse, x.ndim) + _along_channels(beta, x.ndim)
        return y, (centred, inverse, gamma, train), running


@wrong(
    "unbiased-everywhere",
    caught_by="test_forward_worked_example",
    says="biased variance",
    looks=(
        "looks-rescaled-columns",
        "looks-scaled",
    ),
)
class _:
    """Divides the squares by N - 1, as for a sample, in output and running variance."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        mean, var = running
        if train:
            mean, var = x.mean(axis=0), x.var(axis=0, ddof=min(1, len(x) - 1))
            running = (ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * var)
        inverse = 1 / np.sqrt(var + eps)
        return (x - mean) * inverse * gamma + beta, (x - mean, inverse, gamma, train), running


@wrong(
    "one-statistic-for-all-features",
    caught_by="test_forward_worked_example",
    says="Per column",
    looks=("looks-rescaled-columns",),
)
class _:
    """Takes one mean and one variance over the whole array."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        mean, var = running
        if train:
            mean, var = np.full(x.shape[1], x.mean()), np.full(x.shape[1], x.var())
            running = (ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * var)
        inverse = 1 / np.sqrt(var + eps)
        return (x - mean) * inverse * gamma + beta, (x - mean, inverse, gamma, train), running


@wrong("statistics-of-each-example", caught_by="test_forward_worked_example", says="Per column")
class _:
    """Normalises each row over its features: layer normalisation."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        mean, var = running
        if not train:
            return batchnorm_eval(x, gamma, beta, running, eps)
        running = (
            ema * mean + (1 - ema) * x.mean(axis=0),
            ema * var + (1 - ema) * x.var(axis=0),
        )
        centred = x - x.mean(axis=1, keepdims=True)
        inverse = 1 / np.sqrt(x.var(axis=1, keepdims=True) + eps)
        return centred * inverse * gamma + beta, (centred, inverse[0], gamma, train), running

    def batchnorm_eval(x, gamma, beta, running, eps):
        inverse = 1 / np.sqrt(running[1] + eps)
        centred = x - running[0]
        return centred * inverse * gamma + beta, (centred, inverse, gamma, False), running


@wrong(
    "variance-not-rooted",
    caught_by="test_forward_worked_example",
    says="sqrt(var + eps)",
    looks=("looks-rescaled-columns",),
)
class _:
    """Divides by the variance instead of its root."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        mean, var = running
        if train:
            mean, var = x.mean(axis=0), x.var(axis=0)
            running = (ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * var)
        inverse = 1 / (var + eps)
        return (x - mean) * inverse * gamma + beta, (x - mean, inverse, gamma, train), running


@wrong(
    "gamma-after-beta",
    caught_by="test_forward_worked_example",
    says="times gamma plus beta",
    looks=("looks-shifted-columns",),
)
class _:
    """Scales after the shift: gamma (x_hat + beta)."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, running = _forward(x, gamma, gamma * beta, running, ema, eps, train)
        return y, cache, running


@wrong(
    "one-pass-variance",
    caught_by="test_forward_far_from_zero",
    says="Subtract the mean first",
    looks=("looks-rescaled-columns",),
)
class _:
    """E[x^2] - E[x]^2: the digits are gone where the mean is large."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        mean, var = running
        if train:
            mean = x.mean(axis=0)
            var = np.maximum((x * x).mean(axis=0) - mean * mean, 0)
            running = (ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * var)
        inverse = 1 / np.sqrt(var + eps)
        return (x - mean) * inverse * gamma + beta, (x - mean, inverse, gamma, train), running


@wrong(
    "one-pass-variance-in-2d",
    caught_by="test_far_from_zero",
    says="E[x^2] - E[x]^2",
    looks=("looks-rescaled-columns",),
)
class _:
    """E[x^2] - E[x]^2 for images."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        mean, var = running
        if train:
            mean = x.mean(axis=(0, 2, 3))
            var = np.maximum((x * x).mean(axis=(0, 2, 3)) - mean * mean, 0)
            running = (ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * var)
        inverse = 1 / np.sqrt(var + eps)
        centred = x - mean[:, None, None]
        y = centred * (inverse * gamma)[:, None, None] + beta[:, None, None]
        return y, (centred, inverse, gamma, train), running


@wrong("batch-of-one-left-alone", caught_by="test_forward_without_spread", says="a batch of one")
class _:
    """Skips the normalisation where a batch of one has no variance."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        return _forward(x, gamma, beta, running, ema, eps, train and len(x) > 1)


@wrong("memory-order", caught_by="test_forward_shapes_and_layouts", says="order does not matter")
class _:
    """Flattens in memory order: Fortran-ordered inputs are scrambled."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        x = np.ravel(x, order="K").reshape(x.shape)
        return _forward(x, gamma, beta, running, ema, eps, train)


@wrong("float32-inside", caught_by="test_forward_worked_example", says="looks-float32")
class _:
    """Computes in float32 and casts back."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        small = x.astype(np.float32), gamma.astype(np.float32), beta.astype(np.float32) / 3
        y, _, _ = _forward(*small, running, ema, eps, train)
        _, cache, running = _forward(x, gamma, beta, running, ema, eps, train)
        return (y + 2 * small[2]).astype(x.dtype), cache, running


@wrong("always-float64", caught_by="test_float32_is_kept", says="dtype")
class _:
    """Makes the statistics float64, and with them the output."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        x = x.astype(np.float64)
        return _forward(x, gamma, beta, running, ema, eps, train)


@wrong("running-float64", caught_by="test_float32_is_kept", says="dtype")
class _:
    """The running averages become float64 by a NumPy scalar."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, train)
        return y, cache, (after[0] * np.ones(1), after[1] * np.ones(1))


# The running averages


@wrong("ema-roles-swapped", caught_by="test_running_averages_over_three_batches", says="old * ema")
class _:
    """ema is the share of the new batch, as PyTorch's momentum."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        return _forward(x, gamma, beta, running, 1 - ema, eps, train)


@wrong("ema-fixed", caught_by="test_running_averages_for_any_ema", says="from 0 to 1")
class _:
    """Bounds ema to sensible values: 0 and 1 are among the others."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        return _forward(x, gamma, beta, running, min(max(ema, 0.05), 0.95), eps, train)


@wrong(
    "running-variance-unbiased",
    caught_by="test_running_worked_example",
    says="biased variance",
    looks=("looks-scaled",),
)
class _:
    """The running variance is the unbiased one, as in PyTorch."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, train)
        if train and len(x) > 1:
            var = ema * running[1] + (1 - ema) * x.var(axis=0, ddof=1)
            after = after[0], var.astype(x.dtype)
        return y, cache, after


@wrong(
    "standard-deviation-averaged",
    caught_by="test_running_averages_over_three_batches",
    says="for the mean and for the biased variance",
    looks=("looks-scaled",),
)
class _:
    """Averages the standard deviation, as the board does, and squares it."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, train)
        if train:
            std = ema * np.sqrt(running[1]) + (1 - ema) * x.std(axis=0)
            after = after[0], std**2
        return y, cache, after


@wrong(
    "eps-in-the-running-variance",
    caught_by="test_running_worked_example",
    says="eps is no part of it",
    looks=("looks-shifted",),
)
class _:
    """Averages var + eps."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, train)
        return y, cache, (after[0], after[1] + (1 - ema) * eps) if train else after


@wrong("running-replaced", caught_by="test_running_worked_example", says="old * ema")
class _:
    """Returns the statistics of the last batch."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        return _forward(x, gamma, beta, running, 0.0, eps, train)


@wrong(
    "running-not-updated",
    caught_by="test_running_worked_example",
    says="old * ema",
    looks=("looks-zero",),
)
class _:
    """Returns the running averages as they came, in training too."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, _ = _forward(x, gamma, beta, running, ema, eps, train)
        return y, cache, running


@wrong("running-swapped", caught_by="test_running_worked_example", says="looks-out-of-order")
class _:
    """Returns (var, mean)."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, (mean, var) = _forward(x, gamma, beta, running, ema, eps, train)
        return y, cache, (var, mean)


@wrong("running-keepdims", caught_by="test_running_worked_example", says="looks-kept-dimension")
class _:
    """Keeps the batch axis in the running averages: shape (1, D)."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, train)
        return y, cache, (after[0][None, :], after[1][None, :])


@wrong("running-remembered", caught_by="test_running_averages_over_three_batches")
class _:
    """Keeps the averages in a global variable and takes the argument for a start value only."""

    kept = {}

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        running = kept.get(x.shape[1], running)
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, train)
        kept[x.shape[1]] = after
        return y, cache, after


@wrong("running-in-place", caught_by="test_arguments_are_unchanged", says="changed")
class _:
    """Updates the caller's arrays."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, train)
        if train:
            running[0][...], running[1][...] = after
        return y, cache, running


@wrong("input-centred-in-place", caught_by="test_arguments_are_unchanged", says="changed")
class _:
    """x -= mean, for images only."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, train)
        if train:
            x -= x.mean(axis=(0, 2, 3))[:, None, None]
        return y, cache, after


# Evaluation


@wrong(
    "batch-statistics-in-eval",
    caught_by="test_eval_worked_example",
    says="the statistics come from `running`",
)
class _:
    """Ignores train: the batch's statistics in evaluation too."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, True)
        return y, cache, after if train else running


@wrong(
    "new-averages-in-training",
    caught_by="test_forward_worked_example",
    says="looks-rescaled-columns",
)
class _:
    """Normalises with the running averages in training, after their update."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        if train:
            _, _, running = _forward(x, gamma, beta, running, ema, eps, True)
        return _forward(x, gamma, beta, running, ema, eps, False)


@wrong(
    "eval-moves-the-averages",
    caught_by="test_eval_leaves_the_running_averages",
    says="does not move the running averages",
)
class _:
    """Evaluates with the running averages, and moves them all the same."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, _ = _forward(x, gamma, beta, running, ema, eps, train)
        _, _, after = _forward(x, gamma, beta, running, ema, eps, True)
        return y, cache, after


@wrong("eval-without-gamma", caught_by="test_eval_worked_example", says="looks-scaled-columns")
class _:
    """Only normalises in evaluation: gamma and beta are left out."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        if train:
            return _forward(x, gamma, beta, running, ema, eps, True)
        y, _, _ = _forward(x, np.ones_like(gamma), 0 * beta, running, ema, eps, False)
        return y, _forward(x, gamma, beta, running, ema, eps, False)[1], running


@wrong(
    "eval-of-small-batches",
    caught_by="test_eval_after_training",
    says="neither the batch nor its size",
    looks=("looks-rescaled-columns",),
)
class _:
    """Takes a large batch's own statistics in evaluation, and the averages for a small one."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, train or len(x) > 5)
        return y, cache, after if train else running


# Backward


@wrong(
    "statistics-are-constants",
    caught_by="test_backward_worked_example",
    says="The mean and the variance depend on every row",
)
def _backward(dy, cache):
    """Takes mean and variance for constants in training too."""
    centred, inverse, gamma, train = cache
    dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
    return dy * _along_channels(gamma * inverse, dy.ndim), dgamma, dbeta


@wrong(
    "no-mean-path",
    caught_by="test_backward_dx_matches_differences",
    says="through the mean",
    looks=("looks-shifted-columns",),
)
def _backward(dy, cache):
    """Leaves out the way through the mean."""
    centred, inverse, gamma, train = cache
    dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
    scale = _along_channels(gamma * inverse, dy.ndim)
    if not train:
        return dy * scale, dgamma, dbeta
    count = dy.size // len(gamma)
    dx = dy - centred * _along_channels(inverse * dgamma / count, dy.ndim)
    return dx * scale, dgamma, dbeta


@wrong(
    "no-variance-path",
    caught_by="test_backward_dx_matches_differences",
    says="through the variance",
)
def _backward(dy, cache):
    """Leaves out the way through the variance."""
    centred, inverse, gamma, train = cache
    dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
    scale = _along_channels(gamma * inverse, dy.ndim)
    if not train:
        return dy * scale, dgamma, dbeta
    count = dy.size // len(gamma)
    return (dy - _along_channels(dbeta / count, dy.ndim)) * scale, dgamma, dbeta


@wrong(
    "mean-path-negated",
    caught_by="test_backward_dx_matches_differences",
    says="looks-shifted-columns",
)
def _backward(dy, cache):
    """Adds the way through the mean where it is to be subtracted."""
    centred, inverse, gamma, train = cache
    dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
    scale = _along_channels(gamma * inverse, dy.ndim)
    if not train:
        return dy * scale, dgamma, dbeta
    count = dy.size // len(gamma)
    dx = dy + _along_channels(dbeta / count, dy.ndim)
    dx -= centred * _along_channels(inverse * dgamma / count, dy.ndim)
    return dx * scale, dgamma, dbeta


@wrong(
    "sums-not-averaged",
    caught_by="test_backward_dx_matches_differences",
    says="Each sum runs over N * H * W numbers, and so does each mean",
)
def _backward(dy, cache):
    """Subtracts the sums over the batch where their means belong."""
    centred, inverse, gamma, train = cache
    dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
    scale = _along_channels(gamma * inverse, dy.ndim)
    if not train:
        return dy * scale, dgamma, dbeta
    dx = dy - _along_channels(dbeta, dy.ndim) - centred * _along_channels(inverse * dgamma, dy.ndim)
    return dx * scale, dgamma, dbeta


@wrong("divided-by-n-less-one", caught_by="test_backward_dx_matches_differences")
def _backward(dy, cache):
    """The gradient of a variance that was divided by N - 1."""
    centred, inverse, gamma, train = cache
    dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
    scale = _along_channels(gamma * inverse, dy.ndim)
    if not train:
        return dy * scale, dgamma, dbeta
    count = dy.size // len(gamma)
    dx = dy - _along_channels(dbeta / count, dy.ndim)
    dx -= centred * _along_channels(inverse * dgamma / max(1, count - 1), dy.ndim)
    return dx * scale, dgamma, dbeta


@wrong(
    "eps-forgotten-in-backward",
    caught_by="test_backward_dx_matches_differences",
    says="only eps is left under the root",
)
def _backward(dy, cache):
    """Normalises anew for the way back, without eps."""
    centred, inverse, gamma, train = cache
    dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
    scale = _along_channels(gamma * inverse, dy.ndim)
    if not train:
        return dy * scale, dgamma, dbeta
    count = dy.size // len(gamma)
    var = _sums_of_products(centred, centred) / count
    again = 1 / np.sqrt(np.where(var > 0, var, 1)).astype(dy.dtype)
    dx = dy - _along_channels(dbeta / count, dy.ndim)
    dx -= centred * _along_channels(again * again * dgamma / inverse / count, dy.ndim)
    return dx * scale, dgamma, dbeta


@wrong(
    "dx-averaged-again",
    caught_by="test_backward_dx_matches_differences",
    says="looks-averaged",
    looks=("looks-scaled",),
)
def _backward(dy, cache):
    """Divides dx by the batch size, which the loss has done already."""
    centred, inverse, gamma, train = cache
    dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
    scale = _along_channels(gamma * inverse, dy.ndim)
    if not train:
        return dy * scale, dgamma, dbeta
    count = dy.size // len(gamma)
    dx = dy - _along_channels(dbeta / count, dy.ndim)
    dx -= centred * _along_channels(inverse * dgamma / count, dy.ndim)
    return dx * scale / len(dy), dgamma, dbeta


@wrong(
    "dx-without-gamma",
    caught_by="test_backward_dx_matches_differences",
    says="looks-scaled-columns",
)
def _backward(dy, cache):
    """Forgets that gamma scales what comes back."""
    centred, inverse, gamma, train = cache
    dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
    scale = _along_channels(inverse, dy.ndim)
    if not train:
        return dy * scale, dgamma, dbeta
    count = dy.size // len(gamma)
    dx = dy - _along_channels(dbeta / count, dy.ndim)
    dx -= centred * _along_channels(inverse * dgamma / count, dy.ndim)
    return dx * scale, dgamma, dbeta


@wrong(
    "dgamma-from-x",
    caught_by="test_backward_dgamma_matches_differences",
    says="gamma multiplies x_hat, not x",
)
class _:
    """dgamma sums dy x instead of dy x_hat."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, running = _forward(x, gamma, beta, running, ema, eps, train)
        return y, (cache, x), running

    def batchnorm_backward(dy, cache):
        dx, _, dbeta = _backward(dy, cache[0])
        return dx, (dy * cache[1]).sum(axis=0), dbeta


@wrong(
    "dgamma-averaged",
    caught_by="test_backward_dgamma_matches_differences",
    says="looks-averaged",
    looks=("looks-scaled",),
)
def batchnorm_backward(dy, cache):
    """Averages dgamma over the batch."""
    dx, dgamma, dbeta = _backward(dy, cache)
    return dx, dgamma / len(dy), dbeta


@wrong(
    "dbeta-averaged",
    caught_by="test_backward_dbeta_matches_differences",
    says="looks-averaged",
    looks=("looks-scaled",),
)
def batchnorm_backward(dy, cache):
    """Averages dbeta over the batch."""
    dx, dgamma, dbeta = _backward(dy, cache)
    return dx, dgamma, dbeta / len(dy)


@wrong("dbeta-unsummed", caught_by="test_backward_dbeta_matches_differences", says="looks-unsummed")
def batchnorm_backward(dy, cache):
    """Leaves the batch axis in dbeta."""
    dx, dgamma, _ = _backward(dy, cache)
    return dx, dgamma, dy


@wrong("gradients-keepdims", caught_by="test_backward_worked_example", says="looks-kept-dimension")
def batchnorm_backward(dy, cache):
    """Keeps the summed axis: dgamma and dbeta of shape (1, D)."""
    dx, dgamma, dbeta = _backward(dy, cache)
    return dx, dgamma[None, :], dbeta[None, :]


@wrong("gradients-reordered", caught_by="test_backward_worked_example", says="looks-out-of-order")
def batchnorm_backward(dy, cache):
    """Returns dbeta before dgamma."""
    dx, dgamma, dbeta = _backward(dy, cache)
    return dx, dbeta, dgamma


@wrong("gradients-negated", caught_by="test_backward_worked_example", says="looks-negated")
def batchnorm_backward(dy, cache):
    """Returns the direction of descent: every sign is turned."""
    dx, dgamma, dbeta = _backward(dy, cache)
    return -dx, -dgamma, -dbeta


@wrong("upstream-clipped", caught_by="test_backward_shapes_and_layouts", says="looks-scaled")
def batchnorm_backward(dy, cache):
    """Clips the upstream gradient to a norm of 8, as trainers do."""
    return _backward(dy * min(1.0, 8.0 / float(np.linalg.norm(dy))), cache)


@wrong(
    "training-gradient-of-eval",
    caught_by="test_backward_of_eval_matches_differences",
    says="In evaluation the statistics are constants",
)
def _backward(dy, cache):
    """After a forward in evaluation, the ways through the statistics are there all the same."""
    centred, inverse, gamma, train = cache
    dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
    count = dy.size // len(gamma)
    dx = dy - _along_channels(dbeta / count, dy.ndim)
    dx -= centred * _along_channels(inverse * dgamma / count, dy.ndim)
    return dx * _along_channels(gamma * inverse, dy.ndim), dgamma, dbeta


@wrong(
    "eval-gradient-of-large-batches",
    caught_by="test_gradients_when_statistics_are_constants",
    says="do not change with the batch",
)
def batchnorm_backward(dy, cache):
    """Tells evaluation by a small batch."""
    centred, inverse, gamma, train = cache
    return _backward(dy, (centred, inverse, gamma, train or len(dy) > 5))


@wrong(
    "divides-by-the-spread",
    caught_by="test_backward_without_spread",
    says="no step may divide by 0",
)
class _:
    """Gets 1/sigma from x_hat / (x - mean): 0/0 where there is no spread."""

    def batchnorm_backward(dy, cache):
        centred, inverse, gamma, train = cache
        x_hat = centred * inverse
        inverse = (np.abs(x_hat).sum(axis=0) / np.abs(centred).sum(axis=0)).astype(dy.dtype)
        return _backward(dy, (x_hat / inverse, inverse, gamma, train))


@wrong("global-cache", caught_by="test_calls_do_not_mix", says="not into a global variable")
class _:
    """Keeps the cache in a global variable."""

    kept = {}

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, kept["cache"], running = _forward(x, gamma, beta, running, ema, eps, train)
        return y, None, running

    def batchnorm_backward(dy, cache):
        return _backward(dy, kept["cache"])


@wrong(
    "one-cache-for-each-mode",
    caught_by="test_layers_interleaved",
    says="each call's cache holds all",
)
class _:
    """Keeps the cache in a global variable, one for training and one for evaluation."""

    kept = {}

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, kept[train], running = _forward(x, gamma, beta, running, ema, eps, train)
        return y, train, running

    def batchnorm_backward(dy, cache):
        return _backward(dy, kept[cache])


# Images


@wrong(
    "statistics-of-each-pixel",
    caught_by="test_forward2d_worked_example",
    says="per channel, over all pixels of all images",
)
class _:
    """Takes the mean over the batch only: one statistic for each pixel."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        if not train:
            return _forward(x, gamma, beta, running, ema, eps, False)
        _, cache, after = _forward(x, gamma, beta, running, ema, eps, True)
        x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
        return x_hat * gamma[:, None, None] + beta[:, None, None], cache, after


@wrong(
    "statistics-of-each-image",
    caught_by="test_forward2d_worked_example",
    says="over all pixels of all images",
)
class _:
    """Takes the mean over the pixels of each image apart: instance normalisation."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        if not train:
            return _forward(x, gamma, beta, running, ema, eps, False)
        _, cache, after = _forward(x, gamma, beta, running, ema, eps, True)
        mean, var = x.mean(axis=(2, 3), keepdims=True), x.var(axis=(2, 3), keepdims=True)
        x_hat = (x - mean) / np.sqrt(var + eps)
        return x_hat * gamma[:, None, None] + beta[:, None, None], cache, after


@wrong("channels-last", caught_by="test_forward2d_worked_example", says="per channel")
class _:
    """Reshapes to (N H W, C) without moving the channels last."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        rows = x.reshape(-1, x.shape[1])
        y, cache, running = _forward(rows, gamma, beta, running, ema, eps, train)
        return y.reshape(x.shape), cache, running

    def batchnorm2d_backward(dy, cache):
        dx, dgamma, dbeta = _backward(dy.reshape(-1, dy.shape[1]), cache)
        return dx.reshape(dy.shape), dgamma, dbeta


@wrong(
    "images-moved-back-wrongly",
    caught_by="test_forward2d_shapes_and_layouts",
    says="looks-shuffled",
)
class _:
    """Swaps rows and columns on the way back from (N H W, C)."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        n, c, h, w = x.shape
        rows = x.transpose(0, 3, 2, 1).reshape(-1, c)
        y, _, after = _forward(rows, gamma, beta, running, ema, eps, train)
        _, cache, _ = _forward(x, gamma, beta, running, ema, eps, train)
        return y.reshape(n, h, w, c).transpose(0, 3, 1, 2), cache, after


@wrong(
    "running2d-keepdims",
    caught_by="test_running2d_and_eval",
    says="shape (C,)",
    looks=("looks-kept-dimension",),
)
class _:
    """The running averages get the shape (1, C, 1, 1)."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, after = _forward(x, gamma, beta, running, ema, eps, train)
        return y, cache, tuple(a.reshape(1, -1, 1, 1) for a in after)


@wrong(
    "eval2d-moves-the-averages",
    caught_by="test_running2d_and_eval",
    says="evaluation uses them and leaves them alone",
)
class _:
    """Moves the averages in evaluation too, for images."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, _ = _forward(x, gamma, beta, running, ema, eps, train)
        return y, cache, _forward(x, gamma, beta, running, ema, eps, True)[2]


@wrong(
    "batch-size-without-pixels",
    caught_by="test_backward2d_matches_differences",
    says="all pixels of all images are part of each sum",
)
class _:
    """Divides the sums of an image layer by N instead of N H W."""

    def batchnorm2d_backward(dy, cache):
        centred, inverse, gamma, train = cache
        dgamma, dbeta = _sums_of_products(dy, centred) * inverse, _sums(dy)
        dx = dy
        if train:
            dx = dy - (dbeta / len(dy))[:, None, None]
            dx = dx - centred * (inverse * dgamma / len(dy))[:, None, None]
        return dx * (gamma * inverse)[:, None, None], dgamma, dbeta


@wrong("gradients2d-of-each-pixel", caught_by="test_backward2d_matches_differences", says="shape")
class _:
    """Sums dgamma and dbeta over the batch only."""

    def batchnorm2d_backward(dy, cache):
        dx, _, _ = _backward(dy, cache)
        x_hat = cache[0] * cache[1][:, None, None]
        return dx, (dy * x_hat).sum(axis=0), dy.sum(axis=0)


@wrong("one-pixel-squeezed", caught_by="test_backward2d_shapes_and_layouts", says="shape")
class _:
    """Squeezes the pixels: an image of one pixel loses its axes."""

    def batchnorm2d_backward(dy, cache):
        dx, dgamma, dbeta = _backward(dy, cache)
        return np.squeeze(dx, axis=(2, 3)) if dx.shape[2:] == (1, 1) else dx, dgamma, dbeta


# Loops and time


@wrong("row-loop", caught_by="test_no_loop_over_the_batch", says="loop")
class _:
    """Adds up the rows with Python's sum."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        if not train:
            return _forward(x, gamma, beta, running, ema, eps, False)
        mean = sum(x) / len(x)
        var = sum((x - mean) ** 2) / len(x)
        running = ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * var
        inverse = 1 / np.sqrt(var + eps)
        return (x - mean) * inverse * gamma + beta, (x - mean, inverse, gamma, True), running


@wrong("backward-row-loop", caught_by="test_no_loop_over_the_batch", says="loop")
class _:
    """A Python loop over the rows on the way back."""

    def batchnorm_backward(dy, cache):
        dgamma, dbeta = np.zeros_like(dy[0]), np.zeros_like(dy[0])
        for row, up in zip(cache[0], dy):
            dgamma += up * row * cache[1]
            dbeta += up
        return _backward(dy, cache)[0], dgamma, dbeta


@wrong("feature-loop", caught_by="test_no_loop_over_features", says="loop")
class _:
    """A Python loop over the features."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, running = _forward(x, gamma, beta, running, ema, eps, train)
        y = np.empty_like(x)
        for d in range(x.shape[1]):
            y[:, d] = cache[0][:, d] * (cache[1][d] * gamma[d]) + beta[d]
        return y, cache, running


@wrong("channel-loop", caught_by="test_no_loop_over_images_channels_or_pixels", says="loop")
class _:
    """A Python loop over the channels of images."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        _, cache, running = _forward(x, gamma, beta, running, ema, eps, train)
        y = np.empty_like(x)
        for c in range(x.shape[1]):
            y[:, c] = cache[0][:, c] * (cache[1][c] * gamma[c]) + beta[c]
        return y, cache, running


@wrong("pixel-loop", caught_by="test_no_loop_over_images_channels_or_pixels", says="loop")
class _:
    """A Python loop over the columns of pixels on the way back."""

    def batchnorm2d_backward(dy, cache):
        dx, dgamma, _ = _backward(dy, cache)
        dbeta = np.zeros_like(dgamma)
        for w in range(dy.shape[3]):
            dbeta += dy[:, :, :, w].sum(axis=(0, 2))
        return dx, dgamma, dbeta


@wrong("centring-matrix", caught_by="test_forward_run_time", says="N x N array")
class _:
    """Centres with the N x N matrix I - 1/N."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        y, cache, running = _forward(x, gamma, beta, running, ema, eps, train)
        if train:
            n = len(x)
            centred = (np.eye(n, dtype=x.dtype) - np.full((n, n), 1 / n, dtype=x.dtype)) @ x
            y = centred * (cache[1] * gamma) + beta
        return y, cache, running


@wrong("jacobian", caught_by="test_backward_run_time", says="not the matrix")
class _:
    """Multiplies by the N x N part of the Jacobian that comes from the mean."""

    def batchnorm_backward(dy, cache):
        centred, inverse, gamma, train = cache
        dx, dgamma, dbeta = _backward(dy, cache)
        if train:
            n = len(dy)
            through_mean = np.eye(n, dtype=dy.dtype) - np.full((n, n), 1 / n, dtype=dy.dtype)
            through_var = centred * (inverse * dgamma / n)
            dx = (through_mean @ dy - through_var) * (gamma * inverse)
        return dx, dgamma, dbeta


# Unusual, and right


@right("plain")
class _:
    """The yardstick of run time: plain vectorised NumPy without a trick, the compact backward."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        if train:
            mean, var = np.mean(x, axis=0), np.var(x, axis=0)
            running = ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * var
        else:
            mean, var = running
        std = np.sqrt(var + eps)
        x_hat = (x - mean) / std
        return gamma * x_hat + beta, (x_hat, gamma, std, train), running

    def batchnorm_backward(dy, cache):
        x_hat, gamma, std, train = cache
        dgamma, dbeta = np.sum(dy * x_hat, axis=0), np.sum(dy, axis=0)
        if train:
            dx = gamma / std * (dy - dbeta / len(dy) - x_hat * dgamma / len(dy))
        else:
            dx = dy * gamma / std
        return dx, dgamma, dbeta


@right("staged")
class _:
    """Backward through every step of the graph, one after the other, and a dict as the cache."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        n = x.shape[0]
        mu = 1.0 / n * x.sum(axis=0) if train else running[0]
        xmu = x - mu
        var = 1.0 / n * (xmu**2).sum(axis=0) if train else running[1]
        sqrtvar = np.sqrt(var + eps)
        ivar = 1.0 / sqrtvar
        xhat = xmu * ivar
        if train:
            running = tuple(ema * old + (1 - ema) * new for old, new in zip(running, (mu, var)))
        cache = dict(xhat=xhat, gamma=gamma, xmu=xmu, ivar=ivar, sqrtvar=sqrtvar, train=train)
        return gamma * xhat + beta, cache, running

    def batchnorm_backward(dy, cache):
        n = dy.shape[0]
        dbeta = dy.sum(axis=0)
        dgamma = (dy * cache["xhat"]).sum(axis=0)
        dxhat = dy * cache["gamma"]
        if not cache["train"]:
            return dxhat * cache["ivar"], dgamma, dbeta
        divar = (dxhat * cache["xmu"]).sum(axis=0)
        dxmu1 = dxhat * cache["ivar"]
        dsqrtvar = -1.0 / cache["sqrtvar"] ** 2 * divar
        dvar = 0.5 / cache["sqrtvar"] * dsqrtvar
        dsq = np.ones_like(dy) / n * dvar
        dxmu2 = 2 * cache["xmu"] * dsq
        dx1 = dxmu1 + dxmu2
        dmu = -dx1.sum(axis=0)
        return dx1 + np.ones_like(dy) / n * dmu, dgamma, dbeta


@right("einsum")
class _:
    """Every sum by einsum, for rows and images alike; the cache holds the inputs."""

    def normal(x, running, eps, train):
        axes = "nchw"[: x.ndim]
        count = x.size / x.shape[1]
        mean = np.einsum(f"{axes}->c", x) / count if train else running[0]
        centred = np.moveaxis(np.moveaxis(x, 1, -1) - mean, -1, 1)
        var = np.einsum(f"{axes},{axes}->c", centred, centred) / count if train else running[1]
        inverse = (var + eps) ** -0.5
        return np.einsum(f"{axes},c->{axes}", centred, inverse), mean, var, inverse

    def forward(x, gamma, beta, running, ema, eps, train):
        axes = "nchw"[: x.ndim]
        x_hat, mean, var, _ = normal(x, running, eps, train)
        after = running
        if train:
            after = running[0] + (1 - ema) * (mean - running[0]), ema * running[1] + (1 - ema) * var
        scaled = np.einsum(f"{axes},c->{axes}", x_hat, gamma)
        y = np.moveaxis(np.moveaxis(scaled, 1, -1) + beta, -1, 1)
        return y, [x.copy(), gamma, running, eps, train], after

    def backward(dy, cache):
        x, gamma, running, eps, train = cache
        axes = "nchw"[: dy.ndim]
        x_hat, _, _, inverse = normal(x, running, eps, train)
        dgamma, dbeta = np.einsum(f"{axes},{axes}->c", dy, x_hat), np.einsum(f"{axes}->c", dy)
        dx = dy
        if train:
            count = x.size / x.shape[1]
            dx = dx - np.einsum(f"{axes},c->{axes}", x_hat, dgamma / count)
            dx = np.moveaxis(np.moveaxis(dx, 1, -1) - dbeta / count, -1, 1)
        return np.einsum(f"{axes},c,c->{axes}", dx, gamma, inverse), dgamma, dbeta

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        return forward(x, gamma, beta, running, ema, eps, train)

    def batchnorm_backward(dy, cache):
        return backward(dy, cache)

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        return forward(x, gamma, beta, running, ema, eps, train)

    def batchnorm2d_backward(dy, cache):
        return backward(dy, cache)


@right("images-as-rows")
class _:
    """The image layer by way of the dense one: (N H W, C) and back; views with odd strides."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        n, c, h, w = x.shape
        rows = x.transpose(0, 2, 3, 1).reshape(-1, c)
        y, cache, running = batchnorm_forward(
            rows, gamma, beta, running, ema=ema, eps=eps, train=train
        )
        return y.reshape(n, h, w, c).transpose(0, 3, 1, 2), cache, running

    def batchnorm2d_backward(dy, cache):
        n, c, h, w = dy.shape
        rows = np.moveaxis(dy, 1, 3).reshape(n * h * w, c)
        dx, dgamma, dbeta = batchnorm_backward(rows, cache)
        return np.moveaxis(dx.reshape(n, h, w, c), 3, 1), dgamma, dbeta


@right("matmul-with-ones")
class _:
    """Sums as products with ones, statistics laid out as matrices; the cache is a closure."""

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        n = x.shape[0]
        column = np.ones((n, 1), dtype=x.dtype)
        mean, var = (a[None, :] for a in running)
        after = tuple(a.copy() for a in running)
        if train:
            mean = column.T @ x / n
            var = column.T @ (x - column @ mean) ** 2 / n
            after = (
                ema * running[0] + (1 - ema) * mean[0],
                ema * running[1] + (1 - ema) * var[0],
            )
        inverse = 1 / np.sqrt(var + eps)
        x_hat = (x - column @ mean) * (column @ inverse)

        def back(dy):
            dgamma, dbeta = column.T @ (dy * x_hat), column.T @ dy
            g = dy * gamma
            if train:
                g = g - column @ (column.T @ g) / n - x_hat * (column.T @ (g * x_hat)) / n
            return g * inverse, dgamma[0], dbeta[0]

        return x_hat * (column @ gamma[None, :]) + beta, back, after

    def batchnorm_backward(dy, cache):
        return cache(dy)


@right("scale-and-shift")
class _:
    """Folds the layer into one factor and one summand; an object as the cache."""

    class Kept:
        pass

    def batchnorm_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        kept = Kept()
        mean, std = running[0], running[1] ** 0.5
        if train:
            mean, std = np.average(x, axis=0), x.std(axis=0)
            running = ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * std**2
        kept.factor = gamma / np.sqrt(std * std + eps)
        kept.x, kept.gamma, kept.mean, kept.train = x - mean, gamma, mean, train
        return x * kept.factor + (beta - mean * kept.factor), kept, running

    def batchnorm_backward(dy, cache):
        inverse = cache.factor / cache.gamma
        dgamma, dbeta = (dy * cache.x).sum(0) * inverse, dy.sum(0)
        if not cache.train:
            return cache.factor * dy, dgamma, dbeta
        n = len(dy)
        slope = -cache.factor / n * (inverse * dgamma)
        return cache.factor * dy + slope * cache.x - cache.factor * dbeta / n, dgamma, dbeta


@right("keepdims-and-broadcasts")
class _:
    """Image statistics with keepdims, squeezed at the end; n dy minus sums, divided once."""

    def batchnorm2d_forward(x, gamma, beta, running, *, ema=0.9, eps=1e-5, train=True):
        mean, var = (a.reshape(1, -1, 1, 1) for a in running)
        if train:
            mean = x.mean(axis=(0, 2, 3), keepdims=True)
            var = x.var(axis=(0, 2, 3), keepdims=True)
            running = (
                ema * running[0] + (1 - ema) * mean.squeeze((0, 2, 3)),
                ema * running[1] + (1 - ema) * var.reshape(-1),
            )
        std = np.sqrt(var + eps)
        x_hat = (x - mean) / std
        y = gamma.reshape(1, -1, 1, 1) * x_hat + beta.reshape(1, -1, 1, 1)
        return np.asfortranarray(y), (x_hat, gamma, std, train), running

    def batchnorm2d_backward(dy, cache):
        x_hat, gamma, std, train = cache
        axes = (0, 2, 3)
        dgamma, dbeta = (x_hat * dy).sum(axis=axes), dy.sum(axis=axes)
        g = gamma[None, :, None, None] * dy
        if train:
            m = dy.size / dy.shape[1]
            sums = g.sum(axis=axes, keepdims=True)
            sums = sums + x_hat * (g * x_hat).sum(axis=axes, keepdims=True)
            return (m * g - sums) / (m * std), dgamma, dbeta
        return g / std, dgamma, dbeta


# Mechanical mutants that nothing can tell from the reference, with the reason.
EQUIVALENT: dict[str, str] = {}
