"""Wrong and unusual-but-right solutions of `dropout`. The format is in `autograder.mutants`.

The reference's cache is the factor of each element, 0 or 1 / (1 - p), and None after evaluation.
"""

import numpy as np

from autograder.mutants import right, wrong

# The value of what is kept


@wrong(
    "not-scaled",
    caught_by="test_kept_elements_are_scaled",
    says="What is kept is divided by 1 - p at once",
    looks=("looks-scaled",),
)
def dropout_forward(x, p, rng, *, train=True):
    """Drops, and leaves what is kept as it is."""
    if not train:
        return x, None
    factor = (rng.random(x.shape) >= p).astype(x.dtype)
    return x * factor, factor


@wrong(
    "scaled-in-evaluation",
    caught_by="test_eval_is_the_identity",
    says="What is kept is divided by 1 - p at once",
    looks=("looks-scaled",),
)
def dropout_forward(x, p, rng, *, train=True):
    """The form of 2012: nothing is scaled in training, and all by 1 - p in evaluation."""
    if not train:
        return x * x.dtype.type(1 - p), np.full_like(x, 1 - p)
    factor = (rng.random(x.shape) >= p).astype(x.dtype)
    return x * factor, factor


@wrong(
    "scaled-twice",
    caught_by="test_eval_is_the_identity",
    says="nothing is scaled",
    looks=("looks-scaled",),
)
def dropout_forward(x, p, rng, *, train=True):
    """Inverted in training, and scaled by 1 - p in evaluation all the same."""
    if not train:
        return x * x.dtype.type(1 - p), None
    factor = (rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong(
    "divided-by-p",
    caught_by="test_kept_elements_are_scaled",
    says="divided by 1 - p",
    looks=("looks-scaled",),
)
def dropout_forward(x, p, rng, *, train=True):
    """Divides by p: the same only for p = 1/2."""
    if not train or p == 0:
        return x, None
    factor = (rng.random(x.shape) >= p) * x.dtype.type(1 / p)
    return x * factor, factor


@wrong(
    "multiplied-by-the-rest",
    caught_by="test_kept_elements_are_scaled",
    says="divided by 1 - p",
    looks=("looks-scaled",),
)
def dropout_forward(x, p, rng, *, train=True):
    """Multiplies by 1 - p where it is to be divided."""
    if not train:
        return x, None
    factor = (rng.random(x.shape) >= p) * x.dtype.type(1 - p)
    return x * factor, factor


@wrong(
    "scaled-by-the-count",
    caught_by="test_kept_elements_are_scaled",
    says="x / (1 - p)",
    looks=("looks-scaled",),
)
def dropout_forward(x, p, rng, *, train=True):
    """Divides by the share that was kept this time instead of its expected value."""
    if not train:
        return x, None
    kept = rng.random(x.shape) >= p
    factor = kept * x.dtype.type(kept.size / max(1, kept.sum()))
    return x * factor, factor


@wrong(
    "gaussian-noise",
    caught_by="test_kept_elements_are_scaled",
    says="every element is 0 or x / (1 - p)",
)
def dropout_forward(x, p, rng, *, train=True):
    """Multiplies by Gaussian noise of the same mean and variance."""
    if not train:
        return x, None
    factor = rng.normal(1, np.sqrt(p / (1 - p)), size=x.shape).astype(x.dtype)
    return x * factor, factor


@wrong(
    "dropped-to-the-mean",
    caught_by="test_kept_elements_are_scaled",
    says="every element is 0 or x / (1 - p)",
)
def dropout_forward(x, p, rng, *, train=True):
    """Puts the mean in the place of what is dropped."""
    if not train:
        return x, None
    factor = (rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
    return np.where(factor > 0, x * factor, x.mean()), factor


# Which elements, and how many


@wrong("p-is-kept", caught_by="test_share_of_dropped_elements", says="p is the probability to drop")
def dropout_forward(x, p, rng, *, train=True):
    """Keeps with probability p, and divides by 1 - p."""
    if not train:
        return x, None
    kept = rng.random(x.shape) < p if p else np.ones(x.shape)
    factor = kept * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong(
    "normal-for-uniform",
    caught_by="test_share_of_dropped_elements",
    says="A uniform number is below p",
)
def dropout_forward(x, p, rng, *, train=True):
    """Compares normal numbers with p."""
    if not train or p == 0:
        return x, None
    factor = (rng.standard_normal(x.shape) >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong(
    "half-dropped",
    caught_by="test_share_of_dropped_elements",
    says="the share of dropped elements is p",
)
def dropout_forward(x, p, rng, *, train=True):
    """Rounds uniform numbers: half is dropped, whatever p is."""
    if not train or p == 0:
        return x, None
    factor = np.round(rng.random(x.shape)).astype(x.dtype) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong("tenths-only", caught_by="test_share_for_any_p", says="The share follows p")
def dropout_forward(x, p, rng, *, train=True):
    """Throws dice of ten sides: p = 0.05 becomes 0.1."""
    if not train:
        return x, None
    factor = (rng.integers(0, 10, size=x.shape) >= 10 * p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong("always-as-many", caught_by="test_calls_differ", says="not always as many")
def dropout_forward(x, p, rng, *, train=True):
    """Drops exactly the share p: the elements are not independent."""
    if not train:
        return x, None
    kept = np.arange(x.size) >= round(p * x.size)
    factor = rng.permutation(kept).reshape(x.shape) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong(
    "same-features-in-all-rows",
    caught_by="test_elements_are_dropped_independently",
    says="neither in a row nor in a column",
)
def dropout_forward(x, p, rng, *, train=True):
    """One mask of shape (D,) for all examples."""
    if not train:
        return x, None
    factor = (rng.random(x.shape[-1]) >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong(
    "whole-rows",
    caught_by="test_elements_are_dropped_independently",
    says="One throw of the dice for each element",
)
def dropout_forward(x, p, rng, *, train=True):
    """Drops whole examples."""
    if not train:
        return x, None
    kept = rng.random((len(x), *(1,) * (x.ndim - 1))) >= p
    factor = kept * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong(
    "rows-times-columns",
    caught_by="test_images_are_dropped_pixel_by_pixel",
    says="each pixel has its own throw",
)
def dropout_forward(x, p, rng, *, train=True):
    """Drops where a row's and a column's throw agree: right in number, and one big pattern."""
    if not train:
        return x, None
    u = rng.random((len(x), *(1,) * (x.ndim - 1))) + rng.random(x.shape[-1])
    factor = (u % 1 >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong(
    "stripes",
    caught_by="test_elements_are_dropped_independently",
    says="neighbours do not share a fate",
)
def dropout_forward(x, p, rng, *, train=True):
    """Drops at regular distances from a random start."""
    if not train:
        return x, None
    steps = rng.random() + np.arange(x.size) * (1 + 5**0.5) / 2
    factor = (steps % 1 >= p).reshape(x.shape) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong(
    "whole-channels",
    caught_by="test_images_are_dropped_pixel_by_pixel",
    says="not one for a channel",
)
def dropout_forward(x, p, rng, *, train=True):
    """Drops the channels of images as a whole, as Dropout2d does."""
    if not train:
        return x, None
    shape = (*x.shape[:2], 1, 1) if x.ndim == 4 else x.shape
    factor = (rng.random(shape) >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor * np.ones_like(x)


@wrong(
    "one-mask-for-two-halves",
    caught_by="test_images_are_dropped_pixel_by_pixel",
    says="no two axes share a mask",
)
def dropout_forward(x, p, rng, *, train=True):
    """Uses a mask twice, for the first half of the images and for the second."""
    if not train:
        return x, None
    u = rng.random(x.shape)
    if x.ndim == 4 and len(x) % 2 == 0:
        u[len(x) // 2 :] = u[: len(x) // 2]
    factor = (u >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong("two-axes-only", caught_by="test_shapes_and_layouts", says="any number of axes")
def dropout_forward(x, p, rng, *, train=True):
    """Unpacks the shape into N and D."""
    n, d = x.shape
    if not train:
        return x, None
    factor = (rng.random((n, d)) >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong("memory-order", caught_by="test_shapes_and_layouts", says="any layout")
def dropout_forward(x, p, rng, *, train=True):
    """Flattens in memory order: Fortran-ordered inputs are scrambled."""
    x = np.ravel(x, order="K").reshape(x.shape)
    if not train:
        return x, None
    factor = (rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


# The generator


@wrong("seed-of-its-own", caught_by="test_calls_differ", says="each call drops other elements")
def dropout_forward(x, p, rng, *, train=True):
    """Makes a generator of a fixed seed: every call drops the same."""
    if not train:
        return x, None
    kept = np.random.default_rng(0).random(x.shape) >= p
    factor = kept * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong("global-generator", caught_by="test_generator_decides", says="All randomness comes from rng")
def dropout_forward(x, p, rng, *, train=True):
    """Draws from NumPy's global generator."""
    if not train:
        return x, None
    factor = (np.random.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))  # noqa: NPY002
    return x * factor, factor


@wrong("mask-remembered", caught_by="test_calls_differ", says="anew in each call")
class _:
    """Draws one mask for each shape and p, and keeps it."""

    masks = {}

    def dropout_forward(x, p, rng, *, train=True):
        if not train:
            return x, None
        if (x.shape, p) not in masks:
            masks[x.shape, p] = rng.random(x.shape) >= p
        factor = masks[x.shape, p] * x.dtype.type(1 / (1 - p))
        return x * factor, factor


@wrong(
    "evaluation-draws",
    caught_by="test_generator_decides",
    says="evaluation leaves the generator alone",
)
def dropout_forward(x, p, rng, *, train=True):
    """Draws a mask before it looks whether one is wanted."""
    factor = (rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
    return (x * factor, factor) if train else (x, None)


# The modes


@wrong(
    "evaluation-drops",
    caught_by="test_eval_is_the_identity",
    says="With train=False nothing is dropped",
)
def dropout_forward(x, p, rng, *, train=True):
    """Ignores train."""
    factor = (rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong("zero-is-no-p", caught_by="test_nothing_is_dropped_at_p_zero", says="With p = 0 all is kept")
def dropout_forward(x, p, rng, *, train=True):
    """`p or 0.5`: p = 0 is taken for no p at all."""
    p = p or 0.5
    if not train:
        return x, None
    factor = (rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


# Backward


@wrong(
    "backward-unmasked",
    caught_by="test_backward_uses_the_same_mask",
    says="dx goes through what was kept",
    looks=("looks-scaled",),
)
def dropout_backward(dy, cache):
    """Lets all of the gradient through."""
    return dy


@wrong(
    "backward-not-scaled",
    caught_by="test_backward_uses_the_same_mask",
    says="with the same factor",
    looks=("looks-scaled",),
)
def dropout_backward(dy, cache):
    """Forgets the factor 1 / (1 - p) on the way back."""
    return dy if cache is None else dy * (cache > 0)


@wrong(
    "backward-scaled-twice",
    caught_by="test_backward_uses_the_same_mask",
    says="with the same factor",
    looks=("looks-scaled",),
)
def dropout_backward(dy, cache):
    """Scales the gradient by the factor squared."""
    return dy if cache is None else dy * cache * cache


@wrong(
    "backward-new-mask",
    caught_by="test_backward_uses_the_same_mask",
    says="dx goes through what was kept",
)
class _:
    """Draws a new mask for the way back."""

    def dropout_forward(x, p, rng, *, train=True):
        if not train:
            return x, None
        factor = (rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
        return x * factor, (p, rng)

    def dropout_backward(dy, cache):
        if cache is None:
            return dy
        p, rng = cache
        return dy * (rng.random(dy.shape) >= p) / dy.dtype.type(1 - p)


@wrong(
    "backward-times-the-output",
    caught_by="test_backward_uses_the_same_mask",
    says="dx = dy * factor",
)
class _:
    """Multiplies dy by y instead of by the factor."""

    def dropout_forward(x, p, rng, *, train=True):
        if not train:
            return x, None
        y = x * ((rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p)))
        return y, y

    def dropout_backward(dy, cache):
        return dy if cache is None else dy * cache


@wrong(
    "backward-mask-from-the-output",
    caught_by="test_zeros_among_the_inputs",
    says="do not guess it from y",
)
class _:
    """Takes every 0 of y for a dropped element."""

    def dropout_forward(x, p, rng, *, train=True):
        if not train:
            return x, None
        y = x * ((rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p)))
        return y, (y, p)

    def dropout_backward(dy, cache):
        if cache is None:
            return dy
        y, p = cache
        return dy * (y != 0) * dy.dtype.type(1 / (1 - p))


@wrong(
    "backward-of-eval-scaled",
    caught_by="test_backward_of_eval",
    says="after a forward in evaluation dx is dy",
    looks=("looks-scaled",),
)
class _:
    """Scales the gradient after an evaluation too."""

    def dropout_forward(x, p, rng, *, train=True):
        kept = rng.random(x.shape) >= p if train else np.ones(x.shape, dtype=bool)
        factor = kept * x.dtype.type(1 / (1 - p))
        return x * factor if train else x, factor


@wrong(
    "backward-of-eval-zero",
    caught_by="test_backward_of_eval",
    says="after a forward in evaluation dx is dy",
    looks=("looks-zero",),
)
def dropout_backward(dy, cache):
    """No mask, no gradient."""
    return np.zeros_like(dy) if cache is None else dy * cache


@wrong("backward-in-a-tuple", caught_by="test_backward_uses_the_same_mask", says="not-array")
def dropout_backward(dy, cache):
    """Returns a tuple of one."""
    return (dy if cache is None else dy * cache,)


# What holds for both


@wrong("always-float64", caught_by="test_float32_is_kept", says="dtype")
def dropout_forward(x, p, rng, *, train=True):
    """A mask of float64 makes the output float64."""
    if not train:
        return x, None
    factor = (rng.random(x.shape) >= p).astype(float) / (1 - p)
    return x * factor, factor


@wrong("forward-in-place", caught_by="test_arguments_are_unchanged", says="changed")
def dropout_forward(x, p, rng, *, train=True):
    """x *= mask."""
    if not train:
        return x, None
    factor = (rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
    x *= factor
    return x, factor


@wrong("backward-in-place", caught_by="test_arguments_are_unchanged", says="changed")
def dropout_backward(dy, cache):
    """Writes zeros into the upstream gradient."""
    if cache is None:
        return dy
    dy[cache == 0] = 0
    return dy * cache


@wrong("global-mask", caught_by="test_calls_do_not_mix", says="not into a global variable")
class _:
    """Keeps the mask in a global variable."""

    kept = {}

    def dropout_forward(x, p, rng, *, train=True):
        kept["factor"] = np.ones_like(x)
        if train:
            kept["factor"] = (rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
        return x * kept["factor"], None

    def dropout_backward(dy, cache):
        return dy * kept["factor"]


@wrong("one-mask-for-each-p", caught_by="test_layers_interleaved", says="each cache holds all")
class _:
    """Keeps the mask in a global variable, one for each p: two layers have the same p."""

    kept = {}

    def dropout_forward(x, p, rng, *, train=True):
        factor = np.ones_like(x)
        if train:
            factor = (rng.random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
        kept[p, train] = factor
        return x * factor, (p, train)

    def dropout_backward(dy, cache):
        return dy * kept[cache]


@wrong("row-loop", caught_by="test_no_loop_over_the_batch", says="loop")
def dropout_forward(x, p, rng, *, train=True):
    """Draws a mask for each row in a Python loop."""
    if not train:
        return x, None
    kept = np.stack([rng.random(row.shape) >= p for row in x])
    factor = kept * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong("vectorize", caught_by="test_no_loop_over_any_axis", says="loop")
def dropout_backward(dy, cache):
    """np.vectorize of a function of two numbers: a Python loop in disguise."""
    if cache is None:
        return dy
    return np.vectorize(lambda d, f: d * f if f else 0 * d)(dy, cache).astype(dy.dtype)


@wrong("column-loop", caught_by="test_no_loop_over_any_axis", says="loop")
def dropout_forward(x, p, rng, *, train=True):
    """Draws a mask for each position of the last axis in a Python loop."""
    if not train:
        return x, None
    kept = np.empty(x.shape, dtype=bool)
    for d in range(x.shape[-1]):
        kept[..., d] = rng.random(x.shape[:-1]) >= p
    factor = kept * x.dtype.type(1 / (1 - p))
    return x * factor, factor


# Unusual, and right


@right("plain")
class _:
    """Plain vectorised NumPy without a trick; a tuple as the cache in both modes."""

    def dropout_forward(x, p, rng, *, train=True):
        mask = np.ones(x.shape, dtype=bool)
        if train:
            mask = rng.random(x.shape) > p
        scale = 1 / (1 - p) if train else 1.0
        return x * mask * scale, (mask, scale)

    def dropout_backward(dy, cache):
        mask, scale = cache
        return dy * mask * scale


@right("binomial")
class _:
    """The mask from the binomial distribution, divided at the end; the cache a dict."""

    def dropout_forward(x, p, rng, *, train=True):
        if not train:
            return x.copy(), {"train": False}
        mask = rng.binomial(1, 1 - p, size=x.shape).astype(x.dtype)
        return x * mask / (1 - p), {"train": True, "mask": mask, "keep": 1 - p}

    def dropout_backward(dy, cache):
        return dy * cache["mask"] / cache["keep"] if cache["train"] else dy.copy()


@right("where")
class _:
    """np.where on both ways; the dropped elements are kept track of."""

    def dropout_forward(x, p, rng, *, train=True):
        dropped = rng.uniform(size=x.shape) < p if train else False
        keep = 1 - p if train else 1
        zero = x.dtype.type(0)
        return np.where(dropped, zero, x / keep), (dropped, keep)

    def dropout_backward(dy, cache):
        dropped, keep = cache
        return np.where(dropped, dy.dtype.type(0), dy / keep)


@right("choice")
class _:
    """rng.choice with probabilities, boolean assignment to a copy; a closure as the cache."""

    def dropout_forward(x, p, rng, *, train=True):
        if not train:
            return x, lambda dy: dy
        dropped = rng.choice([True, False], size=x.shape, p=[p, 1 - p])

        def through(a):
            b = a / (1 - p)
            b[dropped] = 0
            return b

        return through(x), through

    def dropout_backward(dy, cache):
        return cache(dy)


@right("number-first")
class _:
    """Draws how many are dropped, and then which: the same distribution."""

    def dropout_forward(x, p, rng, *, train=True):
        if not train:
            return x, np.ones_like(x)
        factor = np.full(x.size, 1 / (1 - p), dtype=x.dtype)
        factor[: rng.binomial(x.size, p)] = 0
        factor = rng.permutation(factor).reshape(x.shape)
        return factor * x, factor

    def dropout_backward(dy, cache):
        return np.multiply(cache, dy)


@right("indices")
class _:
    """The flat indices of what is kept, taken and put; Fortran order out."""

    def dropout_forward(x, p, rng, *, train=True):
        if not train:
            return x, None
        kept = np.flatnonzero(rng.exponential(size=x.size) < -np.log(p)) if p else np.arange(x.size)
        return np.asfortranarray(scattered(x, kept, p)), (kept, p)

    def scattered(a, kept, p):
        out = np.zeros(a.size, dtype=a.dtype)
        out[kept] = a.ravel()[kept] / (1 - p)
        return out.reshape(a.shape)

    def dropout_backward(dy, cache):
        return dy if cache is None else scattered(dy, *cache)


# Mechanical mutants that nothing can tell from the reference, with the reason.
EQUIVALENT: dict[str, str] = {
    "dropout_forward: kept = rng.random(x.shape, dtype=np.float32) >= p → "
    "kept = rng.random(x.shape, dtype=np.float32) > p": (
        "the two differ where the number is p itself: one draw in 2^24"
    ),
}
