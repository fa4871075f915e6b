"""Wrong and unusual-but-right solutions of `activations`. The format is in `autograder.mutants`."""

import numpy as np

from autograder.mutants import right, wrong

# Tanh


@wrong("tanh-by-exponentials", caught_by="test_tanh_forward_known_values", says="not-finite")
def tanh_forward(x):
    """Takes the definition as it stands: infinity over infinity far from 0."""
    a, b = np.exp(x), np.exp(-x)
    y = (a - b) / (a + b)
    return y, y


@wrong(
    "tanh-slope-of-the-input",
    caught_by="test_tanh_backward_matches_differences",
    says="follows from its output",
)
class _:
    """Keeps x and puts it where the output belongs in the slope."""

    def tanh_forward(x):
        return np.tanh(x), x

    def tanh_backward(dy, cache):
        return dy * (1 - cache**2)


@wrong(
    "tanh-slope-of-the-sigmoid",
    caught_by="test_tanh_backward_matches_differences",
    says="slope of tanh",
)
def tanh_backward(dy, cache):
    """Uses y (1 - y), the slope of the sigmoid."""
    return dy * cache * (1 - cache)


@wrong("tanh-global-cache", caught_by="test_calls_keep_to_themselves", says="two calls do not mix")
class _:
    """Keeps the output in a global variable: a second forward overwrites it."""

    last = {}

    def tanh_forward(x):
        last["y"] = np.tanh(x)
        return last["y"], None

    def tanh_backward(dy, cache):
        return dy * (1 - last["y"] ** 2)


# ReLU


@wrong("relu-leaky", caught_by="test_relu_worked_example", says="elsewhere nothing does")
class _:
    """Lets a hundredth of the negative side through: a leaky ReLU."""

    def relu_forward(x):
        return np.where(x > 0, x, 0.01 * x), x

    def relu_backward(dy, cache):
        return dy * np.where(cache > 0, 1, 0.01).astype(dy.dtype)


@wrong(
    "relu-masked-by-upstream",
    caught_by="test_relu_worked_example",
    says="Where the input was above 0",
    looks=("looks-incomplete",),
)
def relu_backward(dy, cache):
    """Asks where the upstream is positive, not the input."""
    return np.maximum(dy, 0) * (cache > 0)


@wrong("relu-in-place", caught_by="test_calls_keep_to_themselves", says="changed")
def relu_forward(x):
    """Writes the zeros into the caller's array."""
    x[x < 0] = 0
    return x, x.copy()


@wrong("relu-zero-over-zero", caught_by="test_relu_at_zero", says="not-finite")
class _:
    """Computes the slope as y / x: not a number at 0."""

    def relu_forward(x):
        y = np.maximum(x, 0)
        return y, (x, y)

    def relu_backward(dy, cache):
        x, y = cache
        return dy * (y / x)


# ELU


@wrong("elu-alpha-forgotten", caught_by="test_elu_forward_known_values", says="below 0 alpha times")
def elu_forward(x, *, alpha=1.0):
    """Ignores alpha in the forward."""
    y = np.maximum(x, 0) + np.expm1(np.minimum(x, 0))
    return y, (y, 1.0)


@wrong("elu-alpha-on-both-sides", caught_by="test_elu_forward_known_values", says="whatever alpha")
def elu_forward(x, *, alpha=1.0):
    """Scales the positive side too."""
    y = alpha * (np.maximum(x, 0) + np.expm1(np.minimum(x, 0)))
    return y, (y, alpha)


@wrong(
    "elu-slope-without-alpha", caught_by="test_elu_backward_matches_differences", says="alpha stays"
)
def elu_backward(dy, cache):
    """Adds 1 to the output instead of alpha: right for alpha 1 only."""
    y, _ = cache
    return dy * np.where(y > 0, 1, y + 1)


@wrong(
    "elu-where-overflows", caught_by="test_elu_far_from_zero", says="np.where computes both sides"
)
def elu_forward(x, *, alpha=1.0):
    """Chooses by np.where after exp has seen +1000: right numbers, and a warning."""
    y = np.where(x > 0, x, alpha * (np.exp(x) - 1))
    return y, (y, alpha)


@wrong("elu-slope-by-masks", caught_by="test_elu_far_from_zero", says="not-finite")
class _:
    """Multiplies by masks in the backward: infinity times 0 is not a number."""

    def elu_forward(x, *, alpha=1.0):
        return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))), (x, alpha)

    def elu_backward(dy, cache):
        x, alpha = cache
        return dy * ((x > 0) + (x <= 0) * alpha * np.exp(x))


# Memory layouts


@wrong(
    "relu-mask-in-memory-order",
    caught_by="test_activations_shapes_and_layouts",
    says="nor the layout matters",
)
class _:
    """Takes the mask from the elements in the order of memory."""

    def relu_forward(x):
        y = np.maximum(x, 0)
        return y, y.ravel(order="K") > 0

    def relu_backward(dy, cache):
        return dy * cache.reshape(dy.shape)


# The vanishing gradient


@wrong(
    "bound-times-n",
    caught_by="test_sigmoid_gradient_bound_known_values",
    says="as a factor for each layer",
)
def sigmoid_gradient_bound(n):
    """Adds the slopes instead of multiplying them."""
    return 0.25 * n


@wrong(
    "norms-last-layer-first",
    caught_by="test_gradient_norms_worked_example",
    says="entry k is taken at the input of layer k + 1",
)
def gradient_norms(x, weights, activation):
    """Returns the norms in the order in which they are found."""
    forward, backward = _PAIRS[activation]
    caches = []
    for w in weights:
        x, cache = forward(x @ w)
        caches.append(cache)
    gradient, norms = np.ones_like(x), []
    for w, cache in zip(reversed(weights), reversed(caches)):
        gradient = backward(gradient, cache) @ w.T
        norms.append(float(np.linalg.norm(gradient)))
    return norms


@wrong(
    "norms-before-the-weights",
    caught_by="test_gradient_norms_worked_example",
    says="the slope, then the weights",
)
def gradient_norms(x, weights, activation):
    """Measures the gradient before the activation, not at the input of the layer."""
    forward, backward = _PAIRS[activation]
    caches = []
    for w in weights:
        x, cache = forward(x @ w)
        caches.append(cache)
    gradient, norms = np.ones_like(x), []
    for w, cache in zip(reversed(weights), reversed(caches)):
        dz = backward(gradient, cache)
        norms.append(float(np.linalg.norm(dz)))
        gradient = dz @ w.T
    return norms[::-1]


@wrong(
    "norms-always-sigmoid",
    caught_by="test_gradient_norms_match_differences",
    says="The same chain with another curve",
)
def gradient_norms(x, weights, activation):
    """Takes every chain for one of sigmoids, whatever the activation is called."""
    caches = []
    for w in weights:
        x, cache = _sigmoid_forward(x @ w)
        caches.append(cache)
    gradient, norms = np.ones_like(x), []
    for w, cache in zip(reversed(weights), reversed(caches)):
        gradient = _sigmoid_backward(gradient, cache) @ w.T
        norms.append(float(np.linalg.norm(gradient)))
    return norms[::-1]


@wrong("norms-square-not-transposed", caught_by="test_gradient_norms_depths", says="goes by w.T")
def gradient_norms(x, weights, activation):
    """Leaves the transpose away where the matrix is square."""
    forward, backward = _PAIRS[activation]
    caches = []
    for w in weights:
        x, cache = forward(x @ w)
        caches.append(cache)
    gradient, norms = np.ones_like(x), []
    for number, (w, cache) in enumerate(zip(reversed(weights), reversed(caches))):
        square = w.shape[0] == w.shape[1] and number + 1 < len(weights)
        gradient = backward(gradient, cache) @ (w if square else w.T)
        norms.append(float(np.linalg.norm(gradient)))
    return norms[::-1]


# Loops


@wrong("elu-vectorize", caught_by="test_activations_no_loop_over_the_batch", says="loop")
def elu_forward(x, *, alpha=1.0):
    """Branches element by element: np.vectorize is a Python loop."""
    y = np.vectorize(lambda v: v if v > 0 else alpha * np.expm1(v), otypes=[x.dtype])(x)
    return y, (y, alpha)


# Right, and unusual


@right("plain")
class _:
    """Inputs in the caches, masks by np.where, the sigmoid as a fraction."""

    def tanh_forward(x):
        return np.tanh(x), x

    def tanh_backward(dy, cache):
        return dy / np.cosh(np.clip(cache, -20, 20)) ** 2

    def relu_forward(x):
        return np.where(x > 0, x, 0), x

    def relu_backward(dy, cache):
        return np.where(cache > 0, dy, 0)

    def elu_forward(x, *, alpha=1.0):
        return np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1)), (x, alpha)

    def elu_backward(dy, cache):
        x, alpha = cache
        return np.where(x > 0, dy, dy * alpha * np.exp(np.minimum(x, 0)))


@right("masks-and-indices")
class _:
    """Copies and boolean indices; the slope of ReLU at 0 is 1."""

    def relu_forward(x):
        y = x.copy()
        y[x < 0] = 0
        return y, x >= 0

    def relu_backward(dy, cache):
        dx = np.array(dy)
        dx[~cache] = 0
        return dx

    def elu_forward(x, *, alpha=1.0):
        y, below = x.copy(), x <= 0
        y[below] = alpha * np.expm1(x[below])
        slope = np.ones_like(x)
        slope[below] = y[below] + alpha
        return y, slope

    def elu_backward(dy, cache):
        return dy * cache


@right("half-at-zero")
class _:
    """ReLU as the mean of x and |x|, and its slope as that of the sign: 1/2 at 0."""

    def relu_forward(x):
        return (x + np.abs(x)) / 2, np.sign(x)

    def relu_backward(dy, cache):
        return dy * (1 + cache) / 2


@right("tanh-with-one-exponential")
class _:
    """Tanh by exp(-2|x|) and the sign; closures as caches."""

    def tanh_forward(x):
        e = np.exp(-2 * np.abs(x))
        y = np.copysign((1 - e) / (1 + e), x)
        return y, lambda dy: dy * (1 - y) * (1 + y)

    def tanh_backward(dy, cache):
        return cache(dy)


@right("recursive-norms")
class _:
    """The chain as a layer in front of a shorter chain; norms by sums of squares."""

    def slopes(h, activation):
        if activation == "sigmoid":
            return h - h**2
        if activation == "tanh":
            return 1 - h * h
        return np.where(h > 0, 1.0, 0.0 if activation == "relu" else h + 1)

    def curve(z, activation):
        if activation == "sigmoid":
            return 1 / (1 + np.exp(-z))
        if activation == "tanh":
            return np.tanh(z)
        return np.maximum(z, 0 if activation == "relu" else np.expm1(np.minimum(z, 0)))

    def walk(x, weights, activation):
        if not weights:
            return np.ones(x.shape), []
        h = curve(x @ weights[0], activation)
        gradient, norms = walk(h, weights[1:], activation)
        gradient = np.einsum("nm,dm->nd", gradient * slopes(h, activation), weights[0])
        return gradient, [np.sqrt(np.sum(gradient**2)), *norms]

    def gradient_norms(x, weights, activation):
        return walk(x, weights, activation)[1]

    def sigmoid_gradient_bound(n):
        return np.prod(np.full(n, 0.25))


# Mechanical mutants that nothing can tell from the reference, with the reason.
EQUIVALENT: dict[str, str] = {
    "elu_backward: dx: Array = dy * np.where(y > 0, 1, y + alpha)"
    " → dx: Array = dy * np.where(y >= 0, 1, y + alpha)": (
        "at 0 every slope from alpha to 1 is right"
    ),
}
