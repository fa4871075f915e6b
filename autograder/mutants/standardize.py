"""Wrong and unusual-but-right solutions of `standardize`. The format is in `autograder.mutants`."""

import numpy as np

from autograder.mutants import right, wrong

# center


@wrong(
    "center-one-mean-for-all",
    caught_by="test_center_worked_example",
    says="One mean per feature",
    looks=("looks-shifted-columns",),
)
def center(x):
    """Takes one mean over the whole array."""
    mean = np.full(x.shape[1], x.mean(), dtype=x.dtype)
    return x - mean, mean


@wrong("center-each-example", caught_by="test_center_worked_example", says="average over the rows")
def center(x):
    """Subtracts the mean of each row."""
    mean = x.mean(axis=1, keepdims=True)
    return x - mean, mean[:, 0]


@wrong("center-keepdims", caught_by="test_center_worked_example", says="looks-kept-dimension")
def center(x):
    """Keeps the summed axis: a mean of shape (1, D)."""
    mean = x.mean(axis=0, keepdims=True)
    return x - mean, mean


@wrong("center-reordered", caught_by="test_center_worked_example", says="shape")
def center(x):
    """Returns the mean first."""
    mean = x.mean(axis=0)
    return mean, x - mean


@wrong("center-data-only", caught_by="test_center_worked_example", says="return both arrays")
def center(x):
    """Returns the centred data alone."""
    return x - x.mean(axis=0)


@wrong(
    "center-by-the-median", caught_by="test_center_shapes_and_layouts", says="looks-shifted-columns"
)
def center(x):
    """Subtracts the median where there are many examples."""
    mean = np.median(x, axis=0).astype(x.dtype) if len(x) > 5 else x.mean(axis=0)
    return x - mean, mean


@wrong(
    "center-to-start-at-zero",
    caught_by="test_centred_inputs_push_weights_both_ways",
    says="around its mean",
    looks=("looks-shifted-columns",),
)
def center(x):
    """Subtracts the smallest value: all inputs keep one sign."""
    mean = x.min(axis=0)
    return x - mean, mean


@wrong(
    "center-memory-order",
    caught_by="test_center_shapes_and_layouts",
    says="whatever the order in memory",
)
def center(x):
    """Flattens in memory order: Fortran-ordered data are scrambled."""
    x = np.ravel(x, order="K").reshape(x.shape)
    mean = x.mean(axis=0)
    return x - mean, mean


@wrong("center-float64", caught_by="test_float32_is_kept", says="dtype")
def center(x):
    """Makes everything float64."""
    mean = x.mean(axis=0, dtype=np.float64)
    return x - mean, mean


@wrong(
    "center-float32-inside", caught_by="test_spread_far_from_zero", looks=("looks-shifted-columns",)
)
class _:
    """Takes the mean in float32: good for small numbers only."""

    def center(x):
        mean = x.mean(axis=0)
        if abs(mean).max() > 500:
            mean = mean.astype(np.float32).astype(x.dtype)
        return x - mean, mean


@wrong("center-in-place", caught_by="test_arguments_are_unchanged", says="changed")
def center(x):
    """x -= mean."""
    mean = x.mean(axis=0)
    x -= mean
    return x, mean


@wrong("center-row-loop", caught_by="test_no_loop_over_the_examples", says="loop")
def center(x):
    """Sums the rows with Python's sum."""
    mean = sum(x) / x.dtype.type(len(x))
    return x - mean, mean


# fit_standardizer


@wrong(
    "fit-divides-by-n",
    caught_by="test_fit_is_right_on_average",
    says="divide by N - 1",
    looks=(
        "looks-over-n",
        "looks-scaled",
    ),
)
def fit_standardizer(x):
    """np.std as it stands: divides by N."""
    std = x.std(axis=0)
    std[(x == x[0]).all(axis=0)] = 1
    return x.mean(axis=0), std


@wrong("fit-variance", caught_by="test_fit_worked_example", says="take the root")
def fit_standardizer(x):
    """Returns the variance."""
    mean, std = x.mean(axis=0), x.var(axis=0, ddof=1)
    std[(x == x[0]).all(axis=0)] = 1
    return mean, std


@wrong("fit-one-std-for-all", caught_by="test_fit_worked_example", says="per feature")
def fit_standardizer(x):
    """Takes one standard deviation over the whole array."""
    return x.mean(axis=0), np.full(x.shape[1], x.std(ddof=1), dtype=x.dtype)


@wrong("fit-keepdims", caught_by="test_fit_worked_example", says="looks-kept-dimension")
def fit_standardizer(x):
    """Keeps the summed axis: a std of shape (1, D)."""
    std = x.std(axis=0, ddof=1, keepdims=True)
    return x.mean(axis=0), np.where((x == x[0]).all(axis=0), x.dtype.type(1), std)


@wrong("fit-reordered", caught_by="test_fit_worked_example", says="looks-out-of-order")
class _:
    """Returns the std first."""

    def fit_standardizer(x):
        std = x.std(axis=0, ddof=1)
        std[(x == x[0]).all(axis=0)] = 1
        return std, x.mean(axis=0)


@wrong(
    "fit-eps-added",
    caught_by="test_fit_worked_example",
    says="nothing is added to the std",
    looks=("looks-shifted",),
)
def fit_standardizer(x):
    """Adds 1e-8 to every std against the division by 0."""
    return x.mean(axis=0), x.std(axis=0, ddof=1) + x.dtype.type(1e-8)


@wrong(
    "fit-constant-ignored", caught_by="test_constant_feature", says="features with one value only"
)
def fit_standardizer(x):
    """The std of a constant is 0, or 1e-17."""
    return x.mean(axis=0), x.std(axis=0, ddof=1)


@wrong("fit-constant-by-zero-std", caught_by="test_constant_feature", says="Rounding may hide it")
def fit_standardizer(x):
    """Compares the computed std with 0: rounding makes it 1e-17 for a constant of 0.1."""
    std = x.std(axis=0, ddof=1)
    return x.mean(axis=0), np.where(std == 0, x.dtype.type(1), std)


@wrong(
    "fit-constant-large",
    caught_by="test_constant_and_nearly_constant_features",
    says="Constant means that all values are equal",
)
def fit_standardizer(x):
    """Takes a feature for constant when its std is below 1e-15: not enough for large constants."""
    std = x.std(axis=0, ddof=1)
    return x.mean(axis=0), np.where(std < 1e-15, x.dtype.type(1), std)


@wrong(
    "fit-small-is-constant",
    caught_by="test_constant_and_nearly_constant_features",
    says="Small is not constant",
)
def fit_standardizer(x):
    """Takes every small feature for a constant."""
    std = x.std(axis=0, ddof=1)
    return x.mean(axis=0), np.where(std < 1e-5, x.dtype.type(1), std)


@wrong("fit-squeezed", caught_by="test_fit_shapes_and_layouts", says="shape")
def fit_standardizer(x):
    """Squeezes the statistics: those of a single feature lose their axis."""
    std = x.std(axis=0, ddof=1)
    std[(x == x[0]).all(axis=0)] = 1
    return np.squeeze(x.mean(axis=0)), np.squeeze(std)


@wrong("fit-one-pass", caught_by="test_std_far_from_zero", says="E[x^2] - E[x]^2")
def fit_standardizer(x):
    """E[x^2] - E[x]^2: the digits are gone where the mean is large."""
    n, mean = len(x), x.mean(axis=0)
    var = np.maximum((x * x).mean(axis=0) - mean * mean, 0) * n / (n - 1)
    std = np.sqrt(var)
    std[(x == x[0]).all(axis=0)] = 1
    return mean, std


@wrong("fit-float64", caught_by="test_float32_is_kept", says="dtype")
def fit_standardizer(x):
    """A std of float64 by np.where with a Python list."""
    std = x.std(axis=0, ddof=1)
    return x.mean(axis=0), np.where((x == x[0]).all(axis=0), np.ones(x.shape[1]), std)


@wrong("fit-feature-loop", caught_by="test_no_loop_over_features", says="loop")
def fit_standardizer(x):
    """A Python loop over the features."""
    mean, std = x.mean(axis=0), np.ones(x.shape[1], dtype=x.dtype)
    for d in range(x.shape[1]):
        if x[:, d].max() > x[:, d].min():
            std[d] = x[:, d].std(ddof=1)
    return mean, std


@wrong("fit-centring-matrix", caught_by="test_fit_run_time", says="N x N array")
def fit_standardizer(x):
    """Centres with the N x N matrix I - 1/N."""
    n = len(x)
    centred = (np.eye(n, dtype=x.dtype) - np.full((n, n), 1 / n, dtype=x.dtype)) @ x
    std = np.sqrt((centred**2).sum(axis=0) / (n - 1))
    return x.mean(axis=0), np.where(np.ptp(x, axis=0) > 0, std, x.dtype.type(1))


# standardize


@wrong(
    "standardize-refits",
    caught_by="test_standardize_worked_example",
    says="not those of x",
    looks=("looks-shifted-columns",),
)
def standardize(x, mean, std):
    """Uses the statistics of the data that it is given."""
    return (x - x.mean(axis=0)) / std


@wrong(
    "standardize-refits-large-sets",
    caught_by="test_standardize_new_data",
    says="The data's own statistics play no part",
    looks=("looks-rescaled-columns",),
)
def standardize(x, mean, std):
    """Uses the data's own statistics when they are many."""
    if len(x) > 5:
        mean, std = fit_standardizer(x)
    return (x - mean) / std


@wrong(
    "standardize-not-centred",
    caught_by="test_standardize_worked_example",
    says="Use the mean and the std",
    looks=("looks-shifted-columns",),
)
def standardize(x, mean, std):
    """Only divides."""
    return x / std


@wrong(
    "standardize-by-the-variance",
    caught_by="test_standardize_worked_example",
    says="looks-scaled-columns",
)
def standardize(x, mean, std):
    """Divides by the variance."""
    return (x - mean) / std**2


@wrong(
    "standardize-precedence",
    caught_by="test_standardize_worked_example",
    says="looks-rescaled-columns",
)
def standardize(x, mean, std):
    """Forgets the brackets."""
    return x - mean / std


@wrong("standardize-clipped", caught_by="test_standardize_worked_example")
def standardize(x, mean, std):
    """Clips what lies over two standard deviations out."""
    return np.clip((x - mean) / std, -2, 2)


@wrong("standardize-in-place", caught_by="test_arguments_are_unchanged", says="changed")
def standardize(x, mean, std):
    """Works in the caller's array."""
    x -= mean
    x /= std
    return x


@wrong("standardize-column-loop", caught_by="test_no_loop_over_features", says="loop")
def standardize(x, mean, std):
    """A list of columns, stacked."""
    return np.stack([(c - m) / s for c, m, s in zip(x.T, mean, std)], axis=1)


@wrong("standardize-squeezed", caught_by="test_standardize_worked_example", says="shape")
def standardize(x, mean, std):
    """Squeezes the result: one example loses its axis."""
    return np.squeeze((x - mean) / std)


# Unusual, and right


@right("plain")
class _:
    """The yardstick of run time: plain vectorised NumPy without a trick."""

    def center(x):
        mean = np.mean(x, axis=0)
        return x - mean, mean

    def fit_standardizer(x):
        std = np.std(x, axis=0, ddof=1)
        std[np.max(x, axis=0) == np.min(x, axis=0)] = 1
        return np.mean(x, axis=0), std

    def standardize(x, mean, std):
        return (x - mean) / std


@right("tolerance")
class _:
    """Takes a feature for constant when its std is rounding beside its values."""

    def fit_standardizer(x):
        mean = x.sum(axis=0) / len(x)
        std = np.sqrt(((x - mean) ** 2).sum(axis=0) / (len(x) - 1))
        rounding = 10 * np.finfo(x.dtype).eps * np.abs(x).max(axis=0)
        return mean, np.where(std <= rounding, np.ones_like(std), std)


@right("matmul-with-ones")
class _:
    """Sums as products with ones, everything laid out as matrices."""

    def center(x):
        ones = np.ones((x.shape[0], 1), dtype=x.dtype)
        mean = ones.T @ x / x.shape[0]
        return x - ones @ mean, mean.ravel()

    def fit_standardizer(x):
        centred, mean = center(x)
        ones = np.ones(x.shape[0], dtype=x.dtype)
        std = (ones @ centred**2 / (x.shape[0] - 1)) ** 0.5
        return mean, np.where(np.ptp(x, axis=0) > 0, std, ones[0])


@right("norms")
class _:
    """The std as the length of the centred column; a product with 1 / std; Fortran order."""

    def center(x):
        mean = np.average(x, axis=0)
        return np.asfortranarray(np.subtract(x, mean)), mean

    def fit_standardizer(x):
        centred, mean = center(x)
        std = np.linalg.norm(centred, axis=0) / np.sqrt(x.dtype.type(len(x) - 1))
        constant = np.diff(x, axis=0).any(axis=0) == False  # noqa: E712
        std[constant] = 1
        return mean, std

    def standardize(x, mean, std):
        return (x - mean) * (1 / std)


@right("from-the-first-row")
class _:
    """Measures everything from the first row, where E[d^2] - E[d]^2 keeps its digits."""

    def fit_standardizer(x):
        n, away = len(x), x - x[:1]
        shift = away.mean(axis=0)
        std = np.sqrt(np.maximum((away**2).sum(axis=0) - n * shift**2, 0) / (n - 1))
        return x[0] + shift, np.where(away.any(axis=0), std, x.dtype.type(1))


@right("einsum-and-masks")
class _:
    """einsum throughout, and a std that is filled in only where there is a spread."""

    def center(x):
        mean = np.einsum("nd->d", x) / len(x)
        return x + -mean[None], mean

    def fit_standardizer(x):
        centred, mean = center(x)
        std = np.ones(x.shape[1], dtype=x.dtype)
        some = (x != x[-1]).any(axis=0)
        std[some] = np.einsum("nd,nd->d", centred[:, some], centred[:, some]) / (len(x) - 1)
        return mean, np.sqrt(std)


# Mechanical mutants that nothing can tell from the reference, with the reason.
EQUIVALENT: dict[str, str] = {}
