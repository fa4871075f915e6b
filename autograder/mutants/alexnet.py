"""Wrong and unusual-but-right solutions of `alexnet`. The format is in `autograder.mutants`."""

import numpy as np

from autograder.mutants import right, wrong

# Local response normalisation, forward


@wrong("lrn-alpha-over-n", caught_by="test_lrn_forward_worked_example", says="not divided by n")
def local_response_norm_forward(x, *, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Divides alpha by the size of the window, as PyTorch does."""
    alpha = alpha / n
    s = k + alpha * _sum_of_neighbours(x * x, n)
    scale = s**-beta
    return x * scale, (x, s, scale, n, alpha, beta)


@wrong("lrn-alpha-of-torch", caught_by="test_lrn_forward_default_numbers", says="alpha = 1e-4")
def local_response_norm_forward(x, *, n=5, k=2.0, alpha=5e-4, beta=0.75):
    """Has the default that PyTorch needs, without PyTorch's division."""
    s = k + alpha * _sum_of_neighbours(x * x, n)
    scale = s**-beta
    return x * scale, (x, s, scale, n, alpha, beta)


@wrong(
    "lrn-window-too-wide", caught_by="test_lrn_forward_windows", says="n // 2 channels on each side"
)
def _sum_of_neighbours(a, n):
    """Takes n // 2 + 1 channels on each side."""
    total = a.copy()
    for k in range(1, n // 2 + 2):
        total[:, k:] += a[:, :-k]
        total[:, :-k] += a[:, k:]
    return total


@wrong(
    "lrn-window-starts-at-channel",
    caught_by="test_lrn_forward_windows",
    says="n // 2 channels on each side",
)
def _sum_of_neighbours(a, n):
    """The window begins at the channel instead of having it in the middle."""
    total = a.copy()
    for k in range(1, n):
        total[:, :-k] += a[:, k:]
    return total


@wrong("lrn-channels-in-a-ring", caught_by="test_lrn_forward_windows", says="fewer at the ends")
def _sum_of_neighbours(a, n):
    """Rolls the channels, so that the last one is a neighbour of the first."""
    return sum(np.roll(a, k, axis=1) for k in range(-(n // 2), n // 2 + 1))


@wrong("lrn-over-space", caught_by="test_lrn_forward_windows", says="at one place only")
def _sum_of_neighbours(a, n):
    """Adds up a square of pixels in the same channel."""
    r = n // 2
    around = np.pad(a, ((0, 0), (0, 0), (r, r), (r, r)))
    return np.lib.stride_tricks.sliding_window_view(around, (n, n), axis=(2, 3)).sum(axis=(4, 5))


@wrong("lrn-k-times-the-sum", caught_by="test_lrn_forward_worked_example", says="x / s ** beta")
def local_response_norm_forward(x, *, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Forgets the power, and divides by s itself."""
    s = k + alpha * _sum_of_neighbours(x * x, n)
    scale = 1 / s
    return x * scale, (x, s, scale, n, alpha, 1)


@wrong("lrn-memory-order", caught_by="test_lrn_forward_shapes_and_layouts", says="layouts")
def local_response_norm_forward(x, *, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Flattens in memory order: images in Fortran order are scrambled."""
    x = np.ravel(x, order="K").reshape(x.shape)
    s = k + alpha * _sum_of_neighbours(x * x, n)
    scale = s**-beta
    return x * scale, (x, s, scale, n, alpha, beta)


@wrong("lrn-in-place", caught_by="test_arguments_are_unchanged", says="changed")
def local_response_norm_forward(x, *, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Scales the caller's array."""
    kept = x.copy()
    s = k + alpha * _sum_of_neighbours(x * x, n)
    scale = s**-beta
    x *= scale
    return x, (kept, s, scale, n, alpha, beta)


@wrong("lrn-channel-loop", caught_by="test_lrn_has_no_loop", says="loop")
def _sum_of_neighbours(a, n):
    """A Python loop over the channels."""
    total = np.empty_like(a)
    for c in range(a.shape[1]):
        total[:, c] = a[:, max(0, c - n // 2) : c + n // 2 + 1].sum(axis=1)
    return total


@wrong("lrn-all-pairs", caught_by="test_lrn_run_time", says="n shifted copies")
def _sum_of_neighbours(a, n):
    """Takes roots and powers for all pairs of channels at all places."""
    c = np.arange(a.shape[1])
    near = (np.abs(c[:, None] - c) <= n // 2)[:, :, None, None]
    pairs = near * np.cbrt(a)[:, None]
    return (np.cbrt(pairs) ** 9).sum(axis=2)


# Local response normalisation, backward


@wrong(
    "lrn-scale-is-constant",
    caught_by="test_lrn_backward_matches_differences",
    says="below the line of all channels near it",
)
def local_response_norm_backward(dy, cache):
    """Forgets that x stands in the sums too."""
    _, _, scale, _, _, _ = cache
    return dy * scale


@wrong(
    "lrn-own-channel-only",
    caught_by="test_lrn_backward_worked_example",
    says="below the line of all channels near it",
)
def local_response_norm_backward(dy, cache):
    """Takes the way through the own sum, and not through those of the neighbours."""
    x, s, scale, n, alpha, beta = cache
    return dy * scale - 2 * alpha * beta * x * (dy * x * scale / s)


@wrong(
    "lrn-square-without-two",
    caught_by="test_lrn_backward_matches_differences",
    says="squared below the line",
)
def local_response_norm_backward(dy, cache):
    """Forgets the 2 of the square."""
    x, s, scale, n, alpha, beta = cache
    return dy * scale - alpha * beta * x * _sum_of_neighbours(dy * x * scale / s, n)


@wrong("lrn-x-inside-the-sum", caught_by="test_lrn_backward_matches_differences")
def local_response_norm_backward(dy, cache):
    """Takes the neighbour's x where its own belongs."""
    x, s, scale, n, alpha, beta = cache
    return dy * scale - 2 * alpha * beta * _sum_of_neighbours(dy * x * x * scale / s, n)


@wrong(
    "lrn-backward-transposed-memory",
    caught_by="test_lrn_backward_shapes_and_layouts",
    says="layouts",
)
def local_response_norm_backward(dy, cache):
    """Reads the upstream in memory order."""
    x, s, scale, n, alpha, beta = cache
    dy = np.ravel(dy, order="K").reshape(dy.shape)
    return dy * scale - 2 * alpha * beta * x * _sum_of_neighbours(dy * x * scale / s, n)


@wrong("lrn-global-cache", caught_by="test_lrn_calls_do_not_mix")
class _:
    """Keeps what the way back needs in a global variable."""

    def local_response_norm_forward(x, *, n=5, k=2.0, alpha=1e-4, beta=0.75):
        global _last
        s = k + alpha * _sum_of_neighbours(x * x, n)
        scale = s**-beta
        _last = (x, s, scale, n, alpha, beta)
        return x * scale, None

    def local_response_norm_backward(dy, cache):
        x, s, scale, n, alpha, beta = _last
        return dy * scale - 2 * alpha * beta * x * _sum_of_neighbours(dy * x * scale / s, n)


# Convolution in groups


@wrong(
    "groups-ignored",
    caught_by="test_grouped_conv2d_worked_example",
    says="first half see the first half of the channels",
)
def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
    """Lets all filters see the first group's channels."""
    first = x[:, : w.shape[1]]
    y, _ = conv2d_forward(first, w, b, stride=stride, padding=padding)
    parts = zip(np.split(x, groups, axis=1), np.split(w, groups), np.split(b, groups))
    return y, [conv2d_forward(*part, stride=stride, padding=padding)[1] for part in parts]


@wrong(
    "groups-swapped",
    caught_by="test_grouped_conv2d_worked_example",
    says="first half see the first half of the channels",
)
def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
    """Gives the first filters the last channels."""
    parts = zip(np.split(x, groups, axis=1)[::-1], np.split(w, groups), np.split(b, groups))
    made = [conv2d_forward(*part, stride=stride, padding=padding) for part in parts]
    return np.concatenate([y for y, _ in made], axis=1), [cache for _, cache in made]


@wrong(
    "groups-interleaved",
    caught_by="test_grouped_conv2d_looks_at_its_own_channels",
    says="first half see the first half of the channels",
)
def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
    """Deals the channels out in turns."""
    parts = zip([x[:, g::groups] for g in range(groups)], np.split(w, groups), np.split(b, groups))
    made = [conv2d_forward(*part, stride=stride, padding=padding) for part in parts]
    return np.concatenate([y for y, _ in made], axis=1), [cache for _, cache in made]


@wrong(
    "first-weights-reused",
    caught_by="test_grouped_conv2d_worked_example",
    says="w and b along their filters",
)
def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
    """Uses the first group's masks for all groups."""
    parts = zip(np.split(x, groups, axis=1), [np.split(w, groups)[0]] * groups, np.split(b, groups))
    made = [conv2d_forward(*part, stride=stride, padding=padding) for part in parts]
    return np.concatenate([y for y, _ in made], axis=1), [cache for _, cache in made]


@wrong(
    "outputs-interleaved",
    caught_by="test_grouped_conv2d_looks_at_its_own_channels",
    says="looks-shuffled",
)
def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
    """Joins the outputs in turns."""
    parts = zip(np.split(x, groups, axis=1), np.split(w, groups), np.split(b, groups))
    made = [conv2d_forward(*part, stride=stride, padding=padding) for part in parts]
    y = np.stack([y for y, _ in made], axis=2)
    return y.reshape(y.shape[0], -1, *y.shape[3:]), [cache for _, cache in made]


@wrong("bias-twice", caught_by="test_grouped_conv2d_worked_example", says="looks-scaled")
def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
    """Adds the bias once more after joining."""
    parts = zip(np.split(x, groups, axis=1), np.split(w, groups), np.split(b, groups))
    made = [conv2d_forward(*part, stride=stride, padding=padding) for part in parts]
    y = np.concatenate([y for y, _ in made], axis=1) + b[:, None, None]
    return y, [cache for _, cache in made]


@wrong(
    "padding-forgotten",
    caught_by="test_grouped_conv2d_looks_at_its_own_channels",
    says="with stride and padding",
)
def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
    """Does not hand the padding on."""
    parts = zip(np.split(x, groups, axis=1), np.split(w, groups), np.split(b, groups))
    made = [conv2d_forward(*part, stride=stride) for part in parts]
    return np.concatenate([y for y, _ in made], axis=1), [cache for _, cache in made]


@wrong(
    "two-groups-only", caught_by="test_grouped_conv2d_worked_example", says="Any number of groups"
)
def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
    """Knows one group and two."""
    groups = min(groups, 2)
    parts = zip(np.split(x, groups, axis=1), np.split(w, groups), np.split(b, groups))
    made = [conv2d_forward(*part, stride=stride, padding=padding) for part in parts]
    return np.concatenate([y for y, _ in made], axis=1), [cache for _, cache in made]


@wrong(
    "grouped-memory-order",
    caught_by="test_grouped_conv2d_forward_shapes_and_layouts",
    says="memory layouts",
)
def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
    """Reads the masks in memory order."""
    w = np.ravel(w, order="K").reshape(w.shape)
    parts = zip(np.split(x, groups, axis=1), np.split(w, groups), np.split(b, groups))
    made = [conv2d_forward(*part, stride=stride, padding=padding) for part in parts]
    return np.concatenate([y for y, _ in made], axis=1), [cache for _, cache in made]


@wrong("grouped-image-loop", caught_by="test_grouped_conv2d_has_no_loop", says="loop")
def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
    """A Python loop over the images."""
    parts = list(zip(np.split(x, groups, axis=1), np.split(w, groups), np.split(b, groups)))
    options = {"stride": stride, "padding": padding}
    y = [
        np.concatenate(
            [conv2d_forward(a[i : i + 1], *rest, **options)[0] for a, *rest in parts], axis=1
        )
        for i in range(x.shape[0])
    ]
    return np.concatenate(y), [conv2d_forward(*part, **options)[1] for part in parts]


@wrong(
    "dx-added-up",
    caught_by="test_grouped_conv2d_backward_dx_matches_differences",
    says="from its own filters only",
)
def grouped_conv2d_backward(dy, cache):
    """Adds the groups' dx up, and hands the sum to each group."""
    parts = zip(np.split(dy, len(cache), axis=1), cache)
    dx, dw, db = zip(*(conv2d_backward(*part) for part in parts))
    return np.concatenate([sum(dx)] * len(cache), axis=1), np.concatenate(dw), np.concatenate(db)


@wrong(
    "dw-of-the-first-group",
    caught_by="test_grouped_conv2d_backward_dw_matches_differences",
    says="Cut dy along its filters",
)
def grouped_conv2d_backward(dy, cache):
    """Gives every group the first one's dw."""
    parts = zip(np.split(dy, len(cache), axis=1), cache)
    dx, dw, db = zip(*(conv2d_backward(*part) for part in parts))
    return np.concatenate(dx, axis=1), np.concatenate([dw[0]] * len(dw)), np.concatenate(db)


@wrong(
    "db-in-reverse",
    caught_by="test_grouped_conv2d_backward_db_matches_differences",
    says="in the order of the filters",
    looks=("looks-shuffled",),
)
def grouped_conv2d_backward(dy, cache):
    """Puts the last group's db first."""
    parts = zip(np.split(dy, len(cache), axis=1), cache)
    dx, dw, db = zip(*(conv2d_backward(*part) for part in parts))
    return np.concatenate(dx, axis=1), np.concatenate(dw), np.concatenate(db[::-1])


@wrong(
    "upstream-memory-order",
    caught_by="test_grouped_conv2d_backward_shapes_and_layouts",
    says="memory layouts",
)
def grouped_conv2d_backward(dy, cache):
    """Reads the upstream in memory order."""
    dy = np.ravel(dy, order="K").reshape(dy.shape)
    parts = zip(np.split(dy, len(cache), axis=1), cache)
    dx, dw, db = zip(*(conv2d_backward(*part) for part in parts))
    return np.concatenate(dx, axis=1), np.concatenate(dw), np.concatenate(db)


# The tables


@wrong("one-tower", caught_by="test_layer_shapes_of_the_paper", says="conv1, axis 0")
class _:
    """The widths of the later network of one tower: 64, 192, 384, 256, 256."""

    _CONVOLUTIONS = (
        ("conv1", 64, 11, 4, 2, 1, True, True),
        ("conv2", 192, 5, 1, 2, 1, True, True),
        ("conv3", 384, 3, 1, 1, 1, False, False),
        ("conv4", 256, 3, 1, 1, 1, False, False),
        ("conv5", 256, 3, 1, 1, 1, False, True),
    )


@wrong("sizes-rounded-up", caught_by="test_tables_of_other_nets", says="Sizes round down")
def layer_shapes(width=1.0, classes=1000, size=227):
    """Rounds the sizes of poolings and convolutions up."""
    shapes = {"image": (3, size, size)}
    for name, filters, mask, stride, padding, _, _, pool in _CONVOLUTIONS:
        size = -((mask - size - 2 * padding) // stride) + 1
        shapes[name] = (_narrowed(filters, width), size, size)
        if pool:
            size = -((3 - size) // 2) + 1
            shapes[name.replace("conv", "pool")] = (_narrowed(filters, width), size, size)
    hidden = _narrowed(4096, width)
    return shapes | {"fc6": (hidden,), "fc7": (hidden,), "fc8": (classes,)}


@wrong(
    "width-rounded-to-nearest",
    caught_by="test_tables_of_other_nets",
    says="Rounded down to an even number",
)
def _narrowed(number, width):
    """Takes the nearest even number instead of the one below."""
    return max(2, round(number * width / 2) * 2)


@wrong(
    "width-for-classes-too",
    caught_by="test_parameter_shapes_of_a_narrow_net",
    says="fc8.weight, axis 1",
)
def layer_shapes(width=1.0, classes=1000, size=227):
    """Narrows the last layer as well."""
    shapes = {"image": (3, size, size)}
    for name, filters, mask, stride, padding, _, _, pool in _CONVOLUTIONS:
        size = (size + 2 * padding - mask) // stride + 1
        shapes[name] = (_narrowed(filters, width), size, size)
        if pool:
            size = (size - 3) // 2 + 1
            shapes[name.replace("conv", "pool")] = (_narrowed(filters, width), size, size)
    hidden = _narrowed(4096, width)
    return shapes | {"fc6": (hidden,), "fc7": (hidden,), "fc8": (_narrowed(classes, width),)}


@wrong(
    "count-without-biases", caught_by="test_parameter_count_of_the_paper", says="Weights and biases"
)
def parameter_count(width=1.0, classes=1000, size=227):
    """Counts the weights only."""
    shapes = parameter_shapes(width, classes, size).values()
    return sum(math.prod(shape) for shape in shapes if len(shape) > 1)


@wrong("count-without-groups", caught_by="test_parameter_count_of_the_paper")
def parameter_count(width=1.0, classes=1000, size=227):
    """Counts masks over all channels in the layers with groups too: 62,378,344."""
    return sum(
        math.prod(shape) * (2 if name in ("conv2.weight", "conv4.weight", "conv5.weight") else 1)
        for name, shape in parameter_shapes(width, classes, size).items()
    )


@wrong(
    "count-of-the-default-net",
    caught_by="test_parameter_count_of_the_paper",
    says="what classes and size change",
)
def parameter_count(width=1.0, classes=1000, size=227):
    """The number of the paper, whatever is asked."""
    return 60965224


# A new network


@wrong("biases-of-zero", caught_by="test_a_new_net", says="start at 1")
class _:
    """All biases start at 0."""

    _BIAS_OF_ONE = ()


@wrong("weights-kaiming", caught_by="test_new_weights", says="standard deviation of 0.01")
def normal(shape, std, rng):
    """Weights of Kaiming's size instead of the paper's."""
    fan_in = math.prod(shape[1:]) if len(shape) == 4 else shape[0]
    return rng.normal(0, math.sqrt(2 / fan_in), size=shape)


@wrong("weights-uniform", caught_by="test_new_weights", says="are normal")
def normal(shape, std, rng):
    """Evenly distributed weights of the right size."""
    return rng.uniform(-std * math.sqrt(3), std * math.sqrt(3), size=shape)


@wrong("weights-always-the-same", caught_by="test_new_weights", says="from call to call anew")
def normal(shape, std, rng):
    """Draws from a generator of its own."""
    return np.random.default_rng(0).normal(0, std, size=shape)


# The network


@wrong("pools-do-not-overlap", caught_by="test_forward_of_a_known_net")
class _:
    """Pools in windows of 2 x 2, which leaves the same sizes in a network for 227 x 227."""

    _WINDOW, _STRIDE = 2, 2


@wrong("norm-after-pool", caught_by="test_forward_of_a_known_net", says="norm, pool, in this order")
def _run(parameters, x, rng):
    """Normalises after pooling instead of before."""
    tape = []
    for name, _, _, stride, padding, groups, norm, pool in _CONVOLUTIONS:
        w, b = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        x, cache = grouped_conv2d_forward(x, w, b, groups=groups, stride=stride, padding=padding)
        tape.append((grouped_conv2d_backward, cache, name))
        x, cache = relu_forward(x)
        tape.append((relu_backward, cache, ""))
        if pool:
            x, cache = max_pool2d_forward(x, window=3, stride=2)
            tape.append((max_pool2d_backward, cache, ""))
        if norm:
            x, cache = local_response_norm_forward(x)
            tape.append((local_response_norm_backward, cache, ""))
    return _head(parameters, x, rng, tape)


@wrong(
    "norm-before-relu",
    caught_by="test_forward_of_a_known_net",
    says="ReLU, norm, pool, in this order",
)
def _run(parameters, x, rng):
    """Normalises before the ReLU, so that what it cuts off still counts in the sums."""
    tape = []
    for name, _, _, stride, padding, groups, norm, pool in _CONVOLUTIONS:
        w, b = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        x, cache = grouped_conv2d_forward(x, w, b, groups=groups, stride=stride, padding=padding)
        tape.append((grouped_conv2d_backward, cache, name))
        if norm:
            x, cache = local_response_norm_forward(x)
            tape.append((local_response_norm_backward, cache, ""))
        x, cache = relu_forward(x)
        tape.append((relu_backward, cache, ""))
        if pool:
            x, cache = max_pool2d_forward(x, window=3, stride=2)
            tape.append((max_pool2d_backward, cache, ""))
    return _head(parameters, x, rng, tape)


@wrong("norm-after-every-convolution", caught_by="test_forward_of_a_known_net")
class _:
    """Normalises after conv3, conv4 and conv5 too."""

    _CONVOLUTIONS = (
        ("conv1", 96, 11, 4, 0, 1, True, True),
        ("conv2", 256, 5, 1, 2, 2, True, True),
        ("conv3", 384, 3, 1, 1, 1, True, False),
        ("conv4", 384, 3, 1, 1, 2, True, False),
        ("conv5", 256, 3, 1, 1, 2, True, True),
    )


@wrong(
    "groups-in-conv3",
    caught_by="test_parameter_shapes_of_a_narrow_net",
    says="conv3.weight, axis 1",
)
class _:
    """Two groups in conv3 as well."""

    _CONVOLUTIONS = (
        ("conv1", 96, 11, 4, 0, 1, True, True),
        ("conv2", 256, 5, 1, 2, 2, True, True),
        ("conv3", 384, 3, 1, 1, 2, False, False),
        ("conv4", 384, 3, 1, 1, 2, False, False),
        ("conv5", 256, 3, 1, 1, 2, False, True),
    )


@wrong(
    "channels-last-in-fc6",
    caught_by="test_forward_of_a_known_net",
    says="then rows of channels, rows and columns",
)
def _flat(x):
    """Puts the channels last before fc6."""
    return x.transpose(0, 2, 3, 1).reshape(x.shape[0], -1)


@wrong("only-a-square-of-two", caught_by="test_forward_of_a_whole_image")
def _flat(x):
    """Takes at most 4 places of each channel, enough for the small images."""
    few = np.zeros_like(x)
    few[:, :, :2, :2] = x[:, :, :2, :2]
    return few.reshape(x.shape[0], -1)


@wrong("relu-on-the-logits", caught_by="test_forward_of_a_known_net")
class _:
    """A ReLU after the last layer too."""

    class AlexNet:
        def __init__(self, rng, width=1.0, *, classes=1000, size=227, parameters=None):
            self._parameters = parameters or _new(rng, width, classes, size)

        def parameters(self):
            return dict(self._parameters)

        def forward(self, x):
            return np.maximum(_run(self._parameters, x, None)[0], 0)

        def loss_and_grads(self, x, labels, rng=None):
            logits, tape = _run(self._parameters, x, rng)
            loss, dlogits = cross_entropy(logits, labels)
            return loss, _run_back(dlogits, tape)


@wrong("parameters-of-the-last-net", caught_by="test_forward_of_random_nets")
class _:
    """Keeps the parameters in the class, where the next network overwrites them."""

    class AlexNet:
        def __init__(self, rng, width=1.0, *, classes=1000, size=227, parameters=None):
            AlexNet._parameters = parameters or _new(rng, width, classes, size)

        def parameters(self):
            return dict(self._parameters)

        def forward(self, x):
            return _run(self._parameters, x, None)[0]

        def loss_and_grads(self, x, labels, rng=None):
            logits, tape = _run(self._parameters, x, rng)
            loss, dlogits = cross_entropy(logits, labels)
            return loss, _run_back(dlogits, tape)


@wrong("loss-added-up", caught_by="test_loss_of_a_known_net", says="The mean of the cross-entropy")
class _:
    """The sum over the batch instead of the mean."""

    from nn.backprop import cross_entropy as mean_of

    def cross_entropy(logits, labels):
        loss, dlogits = mean_of(logits, labels)
        return loss * len(labels), dlogits * len(labels)


@wrong("gradients-divided-again", caught_by="test_gradients_match_differences", says="looks-scaled")
class _:
    """Divides the gradients by the batch once more."""

    from nn.backprop import cross_entropy as mean_of

    def cross_entropy(logits, labels):
        loss, dlogits = mean_of(logits, labels)
        return loss, dlogits / len(labels)


@wrong("two-by-two-on-the-way-back", caught_by="test_loss_and_gradients_of_random_nets")
def _head(parameters, x, rng, tape):
    """Takes for granted that pool5 leaves 2 x 2 places, as in images of 99 x 99."""
    tape.append((np.reshape, (*x.shape[:2], 2, 2), ""))
    x = _flat(x)
    for name in ("fc6", "fc7"):
        x, cache = linear_forward(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"])
        tape.append((linear_backward, cache, name))
        x, cache = relu_forward(x)
        tape.append((relu_backward, cache, ""))
        if rng is not None:
            x, cache = dropout_forward(x, 0.5, rng)
            tape.append((dropout_backward, cache, ""))
    logits, cache = linear_forward(x, parameters["fc8.weight"], parameters["fc8.bias"])
    tape.append((linear_backward, cache, "fc8"))
    return logits, tape


@wrong("float64-inside", caught_by="test_float32_is_kept", says="dtype")
class _:
    """Works in float64 and says so."""

    def _flat(x):
        return x.reshape(x.shape[0], -1).astype(np.float64)


# Dropout


@wrong(
    "dropout-without-being-asked",
    caught_by="test_dropout_in_training",
    says="only where a generator is given",
    looks=("looks-scaled",),
)
class _:
    """Drops in training without a generator too."""

    class AlexNet:
        def __init__(self, rng, width=1.0, *, classes=1000, size=227, parameters=None):
            self._parameters = parameters or _new(rng, width, classes, size)

        def parameters(self):
            return dict(self._parameters)

        def forward(self, x):
            return _run(self._parameters, x, None)[0]

        def loss_and_grads(self, x, labels, rng=None):
            _, tape = _run(self._parameters, x, rng or np.random.default_rng(0))
            loss, dlogits = cross_entropy(self.forward(x), labels)
            return loss, _run_back(dlogits, tape)


@wrong(
    "dropout-before-fc6",
    caught_by="test_dropout_in_training",
    says="after the ReLUs of fc6 and fc7",
    looks=("looks-scaled",),
)
def _head(parameters, x, rng, tape):
    """Drops what goes into fc6 and fc7 instead of what comes out of them."""
    tape.append((np.reshape, x.shape, ""))
    x = _flat(x)
    for name in ("fc6", "fc7"):
        if rng is not None:
            x, cache = dropout_forward(x, 0.5, rng)
            tape.append((dropout_backward, cache, ""))
        x, cache = linear_forward(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"])
        tape.append((linear_backward, cache, name))
        x, cache = relu_forward(x)
        tape.append((relu_backward, cache, ""))
    logits, cache = linear_forward(x, parameters["fc8.weight"], parameters["fc8.bias"])
    tape.append((linear_backward, cache, "fc8"))
    return logits, tape


@wrong("dropout-with-one-mask", caught_by="test_dropout_in_training")
def dropout_forward(x, p, rng, *, train=True):
    """Drops the same neurons in every call."""
    factor = (np.random.default_rng(1).random(x.shape) >= p) * x.dtype.type(1 / (1 - p))
    return x * factor, factor


@wrong(
    "dropout-forgotten-on-the-way-back",
    caught_by="test_gradients_with_dropout",
    says="gets no gradient on the way back",
)
def dropout_backward(dy, cache):
    """Hands the gradient to dropped neurons too."""
    return dy


# Right, and unusual


@right("plain")
class _:
    """The yardstick of run time: a window over the channels, and its sum."""

    def _sum_of_neighbours(a, n):
        around = np.pad(a, ((0, 0), (n // 2, n // 2), (0, 0), (0, 0)))
        total = np.zeros(a.shape, dtype=a.dtype)
        for k in range(n):
            total = total + around[:, k : k + a.shape[1]]
        return total

    def local_response_norm_forward(x, *, n=5, k=2.0, alpha=1e-4, beta=0.75):
        s = k + alpha * _sum_of_neighbours(x**2, n)
        return x / s**beta, {"x": x, "s": s, "numbers": (n, alpha, beta)}

    def local_response_norm_backward(dy, cache):
        x, s = cache["x"], cache["s"]
        n, alpha, beta = cache["numbers"]
        inner = _sum_of_neighbours(dy * x / s ** (beta + 1), n)
        return dy / s**beta - 2 * alpha * beta * x * inner


@right("running-sums")
class _:
    """Windows as differences of running sums; the power by the logarithm."""

    def _sum_of_neighbours(a, n):
        c, r = a.shape[1], n // 2
        total = np.zeros((a.shape[0], c + 1, *a.shape[2:]), dtype=a.dtype)
        np.cumsum(a, axis=1, out=total[:, 1:])
        last = np.minimum(np.arange(c) + r + 1, c)
        first = np.maximum(np.arange(c) - r, 0)
        return total[:, last] - total[:, first]

    def local_response_norm_forward(x, *, n=5, k=2.0, alpha=1e-4, beta=0.75):
        s = k + alpha * _sum_of_neighbours(np.square(x), n)
        scale = np.exp(-beta * np.log(s))
        return scale * x, [x, s, scale, n, alpha, beta]


@right("banded-matrix")
class _:
    """The sum over a window as a product with a matrix of zeros and ones, channels last inside."""

    def _sum_of_neighbours(a, n):
        c = np.arange(a.shape[1])
        near = (np.abs(c[:, None] - c) <= n // 2).astype(a.dtype)
        return np.moveaxis(np.moveaxis(a, 1, -1) @ near, -1, 1)


@right("windows-and-roots")
class _:
    """Windows by NumPy's own views; two square roots where beta is 3/4; strided output."""

    from numpy.lib.stride_tricks import sliding_window_view

    def _sum_of_neighbours(a, n):
        around = np.pad(a, ((0, 0), (n // 2, n // 2), (0, 0), (0, 0)))
        return sliding_window_view(around, n, axis=1).sum(axis=-1)

    def local_response_norm_forward(x, *, n=5, k=2.0, alpha=1e-4, beta=0.75):
        s = k + alpha * _sum_of_neighbours(x * x, n)
        root = np.sqrt(s)
        scale = 1 / (root * np.sqrt(root)) if beta == 0.75 else s**-beta
        return np.asfortranarray(x * scale), (x, s, scale, n, alpha, beta)


@right("groups-by-einsum")
class _:
    """All groups at once by einsum, with the group as an axis of its own."""

    from numpy.lib.stride_tricks import sliding_window_view

    def pair(value):
        return (value, value) if isinstance(value, int) else value

    def windows(x, w, groups, stride, padding):
        (sv, sh), (pv, ph) = pair(stride), pair(padding)
        x = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        seen = sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::sv, ::sh]
        return x.shape, seen.reshape(x.shape[0], groups, -1, *seen.shape[2:])

    def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
        _, seen = windows(x, w, groups, stride, padding)
        apart = w.reshape(groups, -1, *w.shape[1:])
        y = np.einsum("ngcrsij,gfcij->ngfrs", seen, apart, optimize=True)
        y = y.reshape(x.shape[0], w.shape[0], *y.shape[3:]) + b[:, None, None]
        return y, (x, w, groups, stride, padding)

    def grouped_conv2d_backward(dy, cache):
        x, w, groups, stride, padding = cache
        (sv, sh), (pv, ph) = pair(stride), pair(padding)
        shape, seen = windows(x, w, groups, stride, padding)
        apart = w.reshape(groups, -1, *w.shape[1:])
        up = dy.reshape(x.shape[0], groups, -1, *dy.shape[2:])
        dw = np.einsum("ngcrsij,ngfrs->gfcij", seen, up, optimize=True).reshape(w.shape)
        dx = np.zeros(shape, dtype=dy.dtype)
        oh, ow = dy.shape[2:]
        for i, j in np.ndindex(*w.shape[2:]):
            part = np.einsum("ngfrs,gfc->ngcrs", up, apart[..., i, j], optimize=True)
            place = np.s_[:, :, i : i + sv * oh : sv, j : j + sh * ow : sh]
            dx[place] += part.reshape(x.shape[0], x.shape[1], oh, ow)
        inside = dx[:, :, pv : pv + x.shape[2], ph : ph + x.shape[3]]
        return inside, dw, np.einsum("nfrs->f", dy)


@right("blocks-of-one-large-mask")
class _:
    """One convolution with masks over all channels that are zero outside of their group."""

    def grouped_conv2d_forward(x, w, b, *, groups=1, stride=1, padding=0):
        f, depth = w.shape[:2]
        whole = np.zeros((f, x.shape[1], *w.shape[2:]), dtype=w.dtype)
        blocks = [
            (slice(g * f // groups, (g + 1) * f // groups), slice(g * depth, (g + 1) * depth))
            for g in range(groups)
        ]
        for block in blocks:
            whole[block] = w[block[0]]
        y, cache = conv2d_forward(x, whole, b, stride=stride, padding=padding)
        return y, (cache, blocks)

    def grouped_conv2d_backward(dy, cache):
        inner, blocks = cache
        dx, dw, db = conv2d_backward(dy, inner)
        return dx, np.concatenate([dw[block] for block in blocks]), db


@right("network-written-out")
class _:
    """Layer after layer by hand, dropout by coins, tables of lists and NumPy integers."""

    def layer_shapes(width=1.0, classes=1000, size=227):
        a, b, c, d = (max(2, int(width * n) - int(width * n) % 2) for n in (96, 256, 384, 4096))
        one = np.int64((size - 7) // 4)
        two = (one - 1) // 2
        three = (two - 1) // 2
        five = (three - 1) // 2
        return {
            "fc8": [classes],
            "fc7": [d],
            "fc6": [d],
            "pool5": [b, five, five],
            "conv5": [b, three, three],
            "conv4": [c, three, three],
            "conv3": [c, three, three],
            "pool2": [b, three, three],
            "conv2": [b, two, two],
            "pool1": [a, two, two],
            "conv1": [a, one, one],
            "image": [3, size, size],
        }

    class AlexNet:
        def __init__(self, rng, width=1.0, *, classes=1000, size=227, parameters=None):
            if parameters is None:
                one = ("conv2.bias", "conv4.bias", "conv5.bias", "fc6.bias", "fc7.bias")
                parameters = {}
                for name, shape in parameter_shapes(width, classes, size).items():
                    parameters[name] = np.full(shape, name in one, dtype=np.float32)
                    if name.endswith("weight"):
                        draws = rng.standard_normal(shape, dtype=np.float32)
                        parameters[name] = np.float32(0.01) * draws
            self.p = {name: array.copy() for name, array in parameters.items()}

        def parameters(self):
            return {name: self.p[name].copy() for name in reversed(self.p)}

        def layer(self, number, x, **options):
            w, b = self.p[f"conv{number}.weight"], self.p[f"conv{number}.bias"]
            y, kept = grouped_conv2d_forward(x, w, b, **options)
            return np.where(y > 0, y, 0), (kept, y > 0)

        def run(self, x, rng):
            k, p = {}, self.p
            x, k["conv1"] = self.layer(1, x, stride=4)
            x, k["norm1"] = local_response_norm_forward(x)
            x, k["pool1"] = max_pool2d_forward(x, window=(3, 3), stride=(2, 2))
            x, k["conv2"] = self.layer(2, x, padding=2, groups=2)
            x, k["norm2"] = local_response_norm_forward(x)
            x, k["pool2"] = max_pool2d_forward(x, window=3, stride=2)
            x, k["conv3"] = self.layer(3, x, padding=1)
            x, k["conv4"] = self.layer(4, x, padding=1, groups=2)
            x, k["conv5"] = self.layer(5, x, padding=1, groups=2)
            x, k["pool5"] = max_pool2d_forward(x, window=3, stride=2)
            k["shape"] = x.shape
            x = x.reshape(len(x), -1)
            for name in ("fc6", "fc7"):
                z = x @ p[f"{name}.weight"] + p[f"{name}.bias"]
                factor = (z > 0).astype(z.dtype)
                if rng is not None:
                    factor *= 2 * rng.integers(0, 2, size=z.shape).astype(z.dtype)
                k[name], x = (x, factor), z * factor
            k["fc8"] = (x, None)
            return x @ p["fc8.weight"] + p["fc8.bias"], k

        def forward(self, x):
            return self.run(x, None)[0]

        def loss_and_grads(self, x, labels, rng=None):
            z, k = self.run(x, rng)
            e = np.exp(z - z.max(axis=1, keepdims=True))
            q = e / e.sum(axis=1, keepdims=True)
            rows = np.arange(len(z))
            loss = -np.log(q[rows, labels]).mean()
            q[rows, labels] -= 1
            d, g = q / len(z), {}
            for name in ("fc8", "fc7", "fc6"):
                x, factor = k[name]
                d = d if factor is None else d * factor
                g[f"{name}.weight"], g[f"{name}.bias"] = x.T @ d, d.sum(axis=0)
                d = d @ self.p[f"{name}.weight"].T
            d = d.reshape(k["shape"])
            for number in (5, 4, 3, 2, 1):
                name = f"conv{number}"
                if f"pool{number}" in k:
                    d = max_pool2d_backward(d, k[f"pool{number}"])
                if f"norm{number}" in k:
                    d = local_response_norm_backward(d, k[f"norm{number}"])
                kept, mask = k[name]
                d, g[f"{name}.weight"], g[f"{name}.bias"] = grouped_conv2d_backward(d * mask, kept)
            return loss, g


# Mechanical mutants that nothing can tell from the reference, with the reason.
EQUIVALENT: dict[str, str] = {
    "grouped_conv2d_backward: dx, dw, db = zip(*made, strict=True) → "
    "dx, dw, db = zip(*made, strict=False)": "each group has three gradients",
    "_flat: return x.reshape(x.shape[0], -1) → return x.reshape(x.shape[0], -2)": (
        "NumPy takes any negative size for the one to be found out"
    ),
}
