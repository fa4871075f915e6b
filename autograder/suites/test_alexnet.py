"""Hidden tests of `alexnet`: more shapes and layouts, other widths, whole networks, loops, time.

Each property is looked at with data of its own; one test fails for one reason.
"""

import numpy as np

from shared import (
    FAIR,
    FLOAT32,
    check_array,
    check_close,
    check_number,
    check_runtime,
    check_vectorised,
    points,
)

LRN = (
    "test_lrn_forward_worked_example",
    "test_lrn_forward_windows",
    "test_lrn_forward_default_numbers",
)
LRN_BACKWARD = (*LRN, "test_lrn_backward_matches_differences")
GROUPED = (
    "test_grouped_conv2d_worked_example",
    "test_grouped_conv2d_looks_at_its_own_channels",
)
GROUPED_BACKWARD = (
    *GROUPED,
    "test_grouped_conv2d_backward_dx_matches_differences",
    "test_grouped_conv2d_backward_dw_matches_differences",
    "test_grouped_conv2d_backward_db_matches_differences",
)
TABLES = ("test_layer_shapes_of_the_paper", "test_parameter_shapes_of_a_narrow_net")
NET = ("test_forward_of_a_known_net",)
BELOW = ("conv", "pool", "activations", "backprop")

LRN_CASES = (
    ((2, 6, 3, 4), {}),
    ((3, 8, 2, 5), {"n": 3, "k": 1.0, "alpha": 0.5, "beta": 0.5}),
    ((1, 5, 4, 3), {"n": 7, "k": 0.4, "alpha": 0.05, "beta": 1.2}),
    ((2, 3, 5, 1), {"n": 9, "k": 3.0, "alpha": 0.2, "beta": 2.0}),
    ((4, 1, 2, 3), {"n": 5, "k": 1.5, "alpha": 1.5, "beta": 0.75}),
    ((1, 10, 1, 7), {"n": 1, "k": 2.5, "alpha": 0.7, "beta": 0.9}),
)
# Shape of x, filters, mask, and the options.
GROUPED_CASES = (
    ((2, 6, 5, 7), 4, (3, 2), {"groups": 2, "padding": 1}),
    ((3, 4, 8, 5), 12, (2, 3), {"groups": 4, "stride": (3, 2)}),
    ((1, 9, 6, 4), 6, (5, 1), {"groups": 3, "stride": 2, "padding": (2, 0)}),
    ((2, 5, 3, 4), 10, (2, 2), {"groups": 5}),
    ((2, 3, 6, 5), 4, (3, 3), {"stride": (1, 2), "padding": (0, 1)}),
    ((1, 8, 4, 6), 2, (1, 3), {"groups": 2, "padding": (3, 2)}),
)


def layouts(a):
    """The same numbers in C order, in Fortran order, and with gaps between them."""
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), dtype=a.dtype)
    gaps = wide[..., ::2]
    gaps[...] = a
    return a, np.asfortranarray(a), gaps


# Local response normalisation


@points(1, hint="The window is over channels, and its sum is of squares; try other numbers too.")
def test_lrn_forward_shapes_and_layouts(student, reference, rng):
    """local_response_norm_forward: many shapes, numbers and layouts, float32 too"""
    for shape, options in LRN_CASES:
        x = 30 * rng.normal(size=shape)
        expected, _ = reference.local_response_norm_forward(x, **options)
        for layout in layouts(x):
            y, _ = student.local_response_norm_forward(layout, **options)
            check_close(y, expected, what="y", limit=FAIR)
        y, _ = student.local_response_norm_forward(x.astype(np.float32), **options)
        check_close(y, expected, what="y in float32", limit=FLOAT32, dtype=np.float32)


@points(1, hint="dx has two parts; both depend on the numbers that the forward got.", needs=LRN)
def test_lrn_backward_shapes_and_layouts(student, reference, rng):
    """local_response_norm_backward: many shapes, numbers and layouts, float32 too"""
    for shape, options in LRN_CASES:
        x, dy = 30 * rng.normal(size=(2, *shape))
        _, cache = reference.local_response_norm_forward(x, **options)
        expected = reference.local_response_norm_backward(dy, cache)
        for x_layout, dy_layout in zip(layouts(x), reversed(layouts(dy)), strict=True):
            _, cache = student.local_response_norm_forward(x_layout, **options)
            dx = student.local_response_norm_backward(dy_layout, cache)
            check_close(dx, expected, what="dx", limit=FAIR)
        _, cache = student.local_response_norm_forward(x.astype(np.float32), **options)
        dx = student.local_response_norm_backward(dy.astype(np.float32), cache)
        check_close(dx, expected, what="dx in float32", limit=FLOAT32, dtype=np.float32)


@points(0.5, hint="Each call has a cache of its own, with its own numbers.", needs=LRN_BACKWARD)
def test_lrn_calls_do_not_mix(student, reference, rng):
    """local_response_norm_backward: several forwards, then their backwards"""
    calls = []
    for shape, options in LRN_CASES[:3]:
        x, dy = 10 * rng.normal(size=(2, *shape))
        _, kept = reference.local_response_norm_forward(x, **options)
        dx = reference.local_response_norm_backward(dy, kept)
        calls.append((dy, dx, student.local_response_norm_forward(x, **options)[1]))
    for dy, dx, cache in calls:
        check_close(student.local_response_norm_backward(dy, cache), dx, what="dx", limit=FAIR)


# Convolution in groups


def draw(rng, shape, filters, mask, groups=1):
    """Random x, w and b."""
    w = rng.normal(size=(filters, shape[1] // groups, *mask))
    return rng.normal(size=shape), w, rng.normal(size=filters)


@points(
    1,
    hint="Any number of groups, one included; bias, stride and padding as without groups.",
    stands_on=("conv",),
)
def test_grouped_conv2d_forward_shapes_and_layouts(student, reference, rng):
    """grouped_conv2d_forward: many shapes, groups and memory layouts"""
    for shape, filters, mask, options in GROUPED_CASES:
        x, w, b = draw(rng, shape, filters, mask, options.get("groups", 1))
        expected, _ = reference.grouped_conv2d_forward(x, w, b, **options)
        for x_layout, w_layout in zip(layouts(x), reversed(layouts(w)), strict=True):
            y, _ = student.grouped_conv2d_forward(x_layout, w_layout, b, **options)
            check_close(y, expected, what="y", limit=FAIR)


@points(
    1,
    hint="Each group goes back by itself. Join dx along the channels, dw and db along the filters.",
    needs=GROUPED,
    stands_on=("conv",),
)
def test_grouped_conv2d_backward_shapes_and_layouts(student, reference, rng):
    """grouped_conv2d_backward: many shapes, groups and memory layouts, two calls at a time"""
    kept = []
    for shape, filters, mask, options in GROUPED_CASES:
        x, w, b = draw(rng, shape, filters, mask, options.get("groups", 1))
        y, cache = reference.grouped_conv2d_forward(x, w, b, **options)
        dy = rng.normal(size=y.shape)
        expected = reference.grouped_conv2d_backward(dy, cache)
        for layout in layouts(x):
            kept.append((dy, expected, student.grouped_conv2d_forward(layout, w, b, **options)[1]))
    for number, (dy, expected, cache) in enumerate(kept):
        got = student.grouped_conv2d_backward(layouts(dy)[-1 - number % 3], cache)
        for name, g, e in zip("xwb", got, expected, strict=True):
            check_close(g, e, what=f"d{name}", limit=FAIR)


# The tables


def check_shapes(got, expected, what):
    """The entries of a table of shapes, one number after the other."""
    assert set(got) == set(expected)
    for name, shape in expected.items():
        found = got[name]
        assert isinstance(found, (tuple, list))
        assert len(found) == len(shape)
        for size, right in zip(found, shape, strict=True):
            check_number(size, right, what=f"{what}: {name}")


@points(
    1,
    hint="Rounded down to an even number, at least 2; fc8 keeps its classes. Sizes round down too.",
    needs=TABLES,
)
def test_tables_of_other_nets(student, reference):
    """layer_shapes, parameter_shapes, parameter_count: other widths, classes and sizes"""
    for sizes in (
        {"width": 0.1, "classes": 7, "size": 131},
        {"width": 0.002, "classes": 1, "size": 67},
        {"width": 2.0, "classes": 21, "size": 230},
        {"width": 0.37, "size": 300},
        {"width": 1 / 32},
    ):
        for function in ("layer_shapes", "parameter_shapes"):
            expected = getattr(reference, function)(**sizes)
            check_shapes(getattr(student, function)(**sizes), expected, function)
        count = reference.parameter_count(**sizes)
        check_number(student.parameter_count(**sizes), count, what="parameter_count")


# The network


def random_parameters(reference, rng, **sizes):
    """Parameters that let a signal through, and biases that matter."""
    found = {}
    for name, shape in reference.parameter_shapes(**sizes).items():
        fan_in = np.prod(shape[1:]) if len(shape) == 4 else shape[0]
        scale = np.sqrt(2 / fan_in) if len(shape) > 1 else 0.5
        found[name] = scale * rng.normal(size=shape)
    found["fc8.weight"] *= 0.1  # so that no class is certain
    return found


def make(who, parameters, **sizes):
    """A network with these parameters."""
    return who.AlexNet(who.generator(0), **sizes, parameters=parameters)


@points(
    0.5, hint="Weights have a standard deviation of 0.01, in each layer and from call to call anew."
)
def test_new_weights(student):
    """AlexNet: the weights of new networks are normal with a standard deviation of 0.01"""
    generator, fc8 = student.generator(11), []
    total, square, inside, count = 0.0, 0.0, 0, 0
    for _ in range(2):
        parameters = student.AlexNet.parameters(student.AlexNet(generator, 1 / 16))
        for layer in ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"):
            name = f"{layer}.weight"
            w = check_array(parameters.get(name), what=name, dtype=np.float32)
            w = w.astype(np.float64) / 0.01
            # One layer by itself: eight standard errors.
            check_number(np.sqrt(np.mean(w**2)), 1, what="std", limit=8 / np.sqrt(2 * w.size))
            total, square = total + w.sum(), square + np.sum(w**2)
            inside, count = inside + np.count_nonzero(np.abs(w) < 1), count + w.size
        fc8.append(parameters["fc8.weight"])
    # All layers together are 970,000 numbers. Each limit is seven standard errors or more: one
    # false alarm in 10 ** 11 runs.
    check_number(np.sqrt(square / count), 1, what="standard deviation", limit=0.0052)
    assert abs(total / count) < 0.0075
    assert abs(inside / count - 0.6827) < 0.004
    for w in fc8:
        check_array(w, what="fc8.weight", shape=(256, 1000), dtype=np.float32)
    assert np.mean(fc8[0] == fc8[1]) < 0.01  # in float32 a few meet


@points(
    1,
    hint="Whatever the width and the number of classes: the same layers in the same order.",
    needs=NET,
    stands_on=BELOW,
)
def test_forward_of_random_nets(student, reference, rng):
    """AlexNet.forward: random networks of several widths and sizes, one after the other"""
    nets = []
    for sizes in (
        {"width": 0.1, "classes": 4, "size": 103},
        {"width": 1 / 32, "classes": 9, "size": 131},
        {"width": 1 / 16, "classes": 3},
    ):
        parameters = random_parameters(reference, rng, **sizes)
        side = sizes.get("size", 227)
        x = 100 * rng.normal(size=(1 if side == 227 else 3, 3, side, side))
        logits = reference.AlexNet.forward(make(reference, parameters, **sizes), x)
        nets.append((make(student, parameters, **sizes), x, logits))
    for net, x, logits in nets:
        check_close(student.AlexNet.forward(net, x), logits, what="logits", limit=FAIR)
    short = {name: a.astype(np.float32) for name, a in parameters.items()}
    got = student.AlexNet.forward(make(student, short, **sizes), x.astype(np.float32))
    check_close(got, logits, what="logits in float32", limit=1e-3, dtype=np.float32)


@points(
    1,
    hint="Each layer hands its dx to the layer before; the names say whose gradient is whose.",
    needs=NET,
    stands_on=BELOW,
)
def test_loss_and_gradients_of_random_nets(student, reference, rng):
    """AlexNet.loss_and_grads: loss and gradients of random networks"""
    for sizes, n in (
        ({"width": 0.1, "classes": 4, "size": 103}, 2),
        ({"width": 1 / 16, "classes": 9, "size": 131}, 3),
    ):
        parameters = random_parameters(reference, rng, **sizes)
        x = 100 * rng.normal(size=(n, 3, sizes["size"], sizes["size"]))
        labels = rng.integers(0, sizes["classes"], size=n).astype(np.uint8)
        net = make(reference, parameters, **sizes)
        loss, gradients = reference.AlexNet.loss_and_grads(net, x, labels)
        net = make(student, parameters, **sizes)
        got, found = student.AlexNet.loss_and_grads(net, x, labels)
        check_number(got, loss, what="loss", limit=FAIR)
        for name, gradient in gradients.items():
            check_close(found.get(name), gradient, what=f"gradient of {name}", limit=FAIR)


@points(
    0.5,
    hint="What was dropped on the way there gets no gradient on the way back.",
    needs=("test_gradients_match_differences", "test_dropout_in_training"),
    stands_on=(*BELOW, "dropout"),
)
def test_gradients_with_dropout(student, reference, rng):
    """AlexNet.loss_and_grads: with dropout, the gradients are those of the loss that it returns"""
    sizes = {"width": 1 / 16, "classes": 6, "size": 99}
    parameters = random_parameters(reference, rng, **sizes)
    x, labels = 100 * rng.normal(size=(2, 3, 99, 99)), np.array([2, 5])
    shapes = reference.parameter_shapes(**sizes)

    def run(parameters):
        net = make(student, parameters, **sizes)
        return student.AlexNet.loss_and_grads(net, x, labels, student.generator(5))

    _, gradients = run(parameters)
    for name, shape in shapes.items():
        check_array(gradients.get(name), what=f"gradient of {name}", shape=shape)
    for layers in (("conv1", "conv5"), ("fc6", "fc7", "fc8")):
        names = [f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")]
        check_slope(run, parameters, gradients, names, rng)


def check_slope(run, parameters, gradients, names, rng):
    """Compare the slope of the loss along a random direction with what the gradients say."""
    direction = {name: rng.normal(size=parameters[name].shape) for name in names}
    said = sum(np.vdot(gradients[name], d) for name, d in direction.items())
    norm = np.sqrt(sum(np.sum(gradients[name] ** 2) for name in names))
    errors = []
    for h in (1e-5, 1e-6, 1e-7, 1e-8):  # any of them: a kink spoils only the larger steps
        sides = [
            run(parameters | {name: parameters[name] + s * d for name, d in direction.items()})[0]
            for s in (h, -h)
        ]
        errors.append(abs((sides[0] - sides[1]) / (2 * h) - said) / norm)
        if errors[-1] < FAIR:
            break
    check_number(min(errors), 0, what="error of the gradients along a direction", limit=FAIR)


# No Python loop, and the time


@points(0.5, hint="Loop over the window at most; a slice of channels does the rest.", needs=LRN)
def test_lrn_has_no_loop(student, rng):
    """local_response_norm_*: no Python loop over images, channels or places"""

    def case(who, rng, shape):
        x, dy = rng.normal(size=(2, *shape))
        return dy, who.local_response_norm_forward(x, n=3)[1]

    for axis, shape in (
        ("batch", lambda n: (n, 4, 2, 3)),
        ("channel", lambda n: (2, n, 2, 3)),
        ("row", lambda n: (2, 4, n, 3)),
        ("column", lambda n: (2, 4, 3, n)),
    ):
        check_vectorised(
            student,
            "local_response_norm_forward",
            lambda who, rng, n, shape=shape: ((rng.normal(size=shape(n)),), {"n": 3}),
            rng,
            axis=axis,
        )
        check_vectorised(
            student,
            "local_response_norm_backward",
            lambda who, rng, n, shape=shape: case(who, rng, shape(n)),
            rng,
            axis=axis,
        )


@points(
    0.5,
    hint="Whole groups of channels and filters at once, for the whole batch.",
    needs=GROUPED_BACKWARD,
    stands_on=("conv",),
)
def test_grouped_conv2d_has_no_loop(student, rng):
    """grouped_conv2d_*: no Python loop over images, channels, filters or places"""

    def forward(shape, filters):
        def build(who, rng, n):
            sizes = [n if size is None else size for size in shape]
            return draw(rng, sizes, 2 * n if filters is None else filters, (2, 2), 2), {"groups": 2}

        return build

    def backward(shape, filters):
        def build(who, rng, n):
            (x, w, b), options = forward(shape, filters)(who, rng, n)
            y_shape = (x.shape[0], w.shape[0], x.shape[2] - 1, x.shape[3] - 1)
            return rng.normal(size=y_shape), who.grouped_conv2d_forward(x, w, b, **options)[1]

        return build

    for axis, shape, filters in (
        ("batch", (None, 4, 3, 4), 6),
        ("channel", (2, None, 3, 4), 6),
        ("filter", (2, 4, 3, 4), None),
        ("row", (2, 4, None, 3), 6),
    ):
        build = forward(shape, filters)
        check_vectorised(student, "grouped_conv2d_forward", build, rng, axis=axis)
        build = backward(shape, filters)
        check_vectorised(student, "grouped_conv2d_backward", build, rng, axis=axis)


@points(
    0.5,
    hint="The sum over a window is n shifted copies of the squares, added up.",
    needs=LRN_BACKWARD,
    yardstick="plain",
)
def test_lrn_run_time(student, yardstick, rng):
    """local_response_norm_forward, local_response_norm_backward: run time"""

    def forward(who, rng, n):
        return (rng.normal(size=(n, 256, 4, 4)),)

    def backward(who, rng, n):
        x, dy = rng.normal(size=(2, n, 256, 4, 4))
        return dy, who.local_response_norm_forward(x)[1]

    for name, build in (("forward", forward), ("backward", backward)):
        function = f"local_response_norm_{name}"
        check_runtime(student, function, build, rng, size=4, beside=yardstick)
