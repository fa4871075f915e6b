"""Local tests of `nn/alexnet.py`. Run them with ``pytest tests/test_alexnet.py``.

The numbers of the worked examples are those of the handout. All networks here are narrow, and most
of them see images of 99 x 99 pixels; one test has an image of the full 227 x 227. The answers of
whole networks are given as numbers: their parameters follow a pattern, so they are the same
everywhere.
"""

import numpy as np

from shared import (
    FAIR,
    check_array,
    check_close,
    check_gradient,
    check_number,
    check_unchanged,
    points,
)

CLASSES = 5
NARROW = {"width": 1 / 16, "classes": CLASSES, "size": 99}

# Shapes of the parameters of NARROW, in the order of the network.
NARROW_SHAPES = {
    "conv1.weight": (6, 3, 11, 11),
    "conv1.bias": (6,),
    "conv2.weight": (16, 3, 5, 5),
    "conv2.bias": (16,),
    "conv3.weight": (24, 16, 3, 3),
    "conv3.bias": (24,),
    "conv4.weight": (24, 12, 3, 3),
    "conv4.bias": (24,),
    "conv5.weight": (16, 12, 3, 3),
    "conv5.bias": (16,),
    "fc6.weight": (64, 256),
    "fc6.bias": (256,),
    "fc7.weight": (256, 256),
    "fc7.bias": (256,),
    "fc8.weight": (256, CLASSES),
    "fc8.bias": (CLASSES,),
}


def output(student, function, *args, shape, what="y", **options):
    """What a forward returns first, once it is known to be an array of that shape."""
    return check_array(getattr(student, function)(*args, **options)[0], what=what, shape=shape)


def column(*values):
    """One pixel with these channels, as a batch of one."""
    return np.array(values, dtype=np.float64).reshape(1, -1, 1, 1)


# Local response normalisation

LRN = (
    "test_lrn_forward_worked_example",
    "test_lrn_forward_windows",
    "test_lrn_forward_default_numbers",
)
EXAMPLE = {"n": 3, "k": 5.0, "alpha": 0.25, "beta": 0.5}


@points(
    1, hint="y = x / s ** beta, s = k + alpha * sum of squares over the window, not divided by n."
)
def test_lrn_forward_worked_example(student):
    """local_response_norm_forward: the worked example of the handout"""
    y, _ = student.local_response_norm_forward(column(4, 8, 0, 4), **EXAMPLE)
    check_close(y, column(0.8, 1.6, 0, 4 / 3), what="y")


@points(1, hint="A window has n // 2 channels on each side, fewer at the ends, at one place only.")
def test_lrn_forward_windows(student):
    """local_response_norm_forward: which channels and which pixels a window has"""
    # One loud pixel among pixels of 1: with beta = 1 and alpha = 1, a pixel becomes 1 / s, and s
    # tells who was counted.
    shape = (2, 7, 3, 4)
    for n, c in ((1, 2), (3, 0), (5, 4), (5, 6), (7, 3), (9, 1)):
        x = np.ones(shape)
        x[1, c, 2, 1] = 5.0
        places = np.arange(7)
        seen = np.abs(places[:, None] - places) <= n // 2
        s = np.broadcast_to(3 + seen.sum(axis=1)[:, None, None], shape).copy()
        s[1, seen[c], 2, 1] += 24
        y, _ = student.local_response_norm_forward(x, n=n, k=3.0, alpha=1.0, beta=1.0)
        check_close(y, x / s, what=f"y with n = {n}")


@points(1, hint="By default n = 5, k = 2, alpha = 1e-4 and beta = 0.75, the numbers of the paper.")
def test_lrn_forward_default_numbers(student):
    """local_response_norm_forward: the default numbers"""
    # The sums of squares are 3, 4, 5, 5, 4, 3 times 100 ** 2: s is 5, 6, 7, 7, 6, 5.
    y, _ = student.local_response_norm_forward(np.full((2, 6, 1, 3), 100.0))
    s = np.array([5.0, 6, 7, 7, 6, 5])
    check_close(y, np.broadcast_to((100 * s**-0.75)[:, None, None], (2, 6, 1, 3)), what="y")


@points(
    1,
    hint="x[c] stands above the line of y[c], and squared below the line of all channels near it.",
    needs=LRN,
)
def test_lrn_backward_worked_example(student):
    """local_response_norm_backward: the worked example of the handout"""
    _, cache = student.local_response_norm_forward(column(4, 8, 0, 4), **EXAMPLE)
    dx = student.local_response_norm_backward(column(25, 12.5, 5, 27), cache)
    check_close(dx, column(3.4, -0.7, 1, 5), what="dx")


@points(
    1.5, hint="The second part of dx sums over a window too, and has 2 alpha beta x.", needs=LRN
)
def test_lrn_backward_matches_differences(student, rng):
    """local_response_norm_backward: dx matches numerical differences"""
    for shape, options in (
        ((2, 7, 3, 4), {"n": 3, "k": 1.5, "alpha": 0.3, "beta": 0.6}),
        ((3, 4, 2, 5), {"n": 5, "k": 0.7, "alpha": 0.2, "beta": 1.3}),
        ((1, 9, 2, 3), {"alpha": 0.1}),
    ):
        x, dy = 2 * rng.normal(size=(2, *shape))
        _, cache = student.local_response_norm_forward(x, **options)

        def loss(v, dy=dy, options=options):
            y = output(student, "local_response_norm_forward", v, shape=dy.shape, **options)
            return np.sum(dy * y)

        dx = student.local_response_norm_backward(dy, cache)
        check_gradient(loss, x, dx, rng, what="dx")


# Convolution in groups

GROUPED = (
    "test_grouped_conv2d_worked_example",
    "test_grouped_conv2d_looks_at_its_own_channels",
)


@points(
    1,
    hint="Filters of the first half see the first half of the channels; the rest, the rest.",
    stands_on=("conv",),
)
def test_grouped_conv2d_worked_example(student):
    """grouped_conv2d_forward: the worked example of the handout"""
    w = np.array([[1.0, 1], [2, 0], [0, 3], [1, -1], [1, 2], [0, 1]]).reshape(6, 2, 1, 1)
    b = np.array([0.0, 0, 10, 0, 0, 20])
    y, _ = student.grouped_conv2d_forward(column(1, 2, 3, 4), w, b, groups=2)
    check_close(y, column(3, 2, 16, -1, 11, 24), what="y with 2 groups")
    w = np.array([2.0, 3, 4, 5]).reshape(4, 1, 1, 1)
    y, _ = student.grouped_conv2d_forward(column(1, 2, 3, 4), w, np.ones(4), groups=4)
    check_close(y, column(3, 7, 13, 21), what="y with 4 groups")
    w = np.array([[1.0, 1, 1, 1], [1, 0, 0, -1]]).reshape(2, 4, 1, 1)
    y, _ = student.grouped_conv2d_forward(column(1, 2, 3, 4), w, np.array([0.0, 5.0]))
    check_close(y, column(10, 2), what="y with one group")


@points(
    1,
    hint="Cut x along its channels, and w and b along their filters; join y in that order.",
    stands_on=("conv",),
)
def test_grouped_conv2d_looks_at_its_own_channels(student):
    """grouped_conv2d_forward: which pixels a filter sees, with stride and padding"""
    # The pixel at image 1, channel 2, row 3, column 4 is 1234.5. A mask with a single 1 shows which
    # pixel it is laid on.
    for shape, filters, groups, (kh, kw), (sv, sh), (pv, ph), (oh, ow) in (
        ((2, 6, 5, 7), 4, 2, (2, 3), (1, 1), (0, 0), (4, 5)),
        ((3, 4, 7, 8), 6, 2, (3, 2), (2, 3), (0, 0), (3, 3)),
        ((1, 6, 5, 4), 9, 3, (1, 3), (1, 1), (0, 1), (5, 4)),
        ((2, 4, 5, 6), 8, 4, (3, 1), (2, 1), (2, 1), (4, 8)),
    ):
        x = 0.5 + sum(10 ** (3 - axis) * digit for axis, digit in enumerate(np.indices(shape)))
        around = np.pad(x, ((0, 0), (0, 0), (pv, pv), (ph, ph)))
        depth = shape[1] // groups
        w = np.zeros((filters, depth, kh, kw))
        expected = np.empty((shape[0], filters, oh, ow))
        for f in range(filters):
            c, i, j = (5 * f + 1) % depth, (f + 1) % kh, (2 * f + 1) % kw
            w[f, c, i, j] = 1.0
            seen = around[:, depth * (f * groups // filters) + c, i:, j:]
            expected[:, f] = seen[:, ::sv, ::sh][:, :oh, :ow]
        options = {"groups": groups, "stride": (sv, sh), "padding": (pv, ph)}
        y, _ = student.grouped_conv2d_forward(x, w, np.zeros(filters), **options)
        check_close(y, expected, what="y")
        b = np.arange(1.0, filters + 1)
        y, _ = student.grouped_conv2d_forward(np.zeros(shape), w, b, **options)
        everywhere = np.broadcast_to(b[:, None, None], expected.shape)
        check_close(y, everywhere, what="y of an empty image")


def check_grouped_gradient(student, rng, which):
    """Compare one of the three gradients with numerical differences."""
    for shape, filters, mask, options, out in (
        ((2, 6, 4, 5), 4, (2, 3), {"groups": 2}, (3, 3)),
        ((1, 4, 7, 6), 8, (3, 2), {"groups": 4, "stride": (2, 3), "padding": (0, 1)}, (3, 3)),
        ((3, 6, 3, 4), 9, (3, 1), {"groups": 3, "padding": (1, 0)}, (3, 4)),
        ((2, 3, 4, 5), 2, (2, 2), {"stride": 2}, (2, 2)),
    ):
        w = (filters, shape[1] // options.get("groups", 1), *mask)
        inputs = [rng.normal(size=size) for size in (shape, w, filters)]
        dy = rng.normal(size=(shape[0], filters, *out))

        def loss(v, inputs=inputs, dy=dy, options=options):
            arrays = [*inputs[:which], v, *inputs[which + 1 :]]
            y = output(student, "grouped_conv2d_forward", *arrays, shape=dy.shape, **options)
            return np.sum(dy * y)

        _, cache = student.grouped_conv2d_forward(*inputs, **options)
        got = student.grouped_conv2d_backward(dy, cache)[which]
        check_gradient(loss, inputs[which], got, rng, what=f"d{'xwb'[which]}")


@points(
    1,
    hint="A part of the channels gets its gradient from its own filters only.",
    needs=GROUPED,
    stands_on=("conv",),
)
def test_grouped_conv2d_backward_dx_matches_differences(student, rng):
    """grouped_conv2d_backward: dx matches numerical differences"""
    check_grouped_gradient(student, rng, 0)


@points(
    1,
    hint="Cut dy along its filters. The parts of dw stand below each other.",
    needs=GROUPED,
    stands_on=("conv",),
)
def test_grouped_conv2d_backward_dw_matches_differences(student, rng):
    """grouped_conv2d_backward: dw matches numerical differences"""
    check_grouped_gradient(student, rng, 1)


@points(
    0.5,
    hint="One number for each filter, in the order of the filters.",
    needs=GROUPED,
    stands_on=("conv",),
)
def test_grouped_conv2d_backward_db_matches_differences(student, rng):
    """grouped_conv2d_backward: db matches numerical differences"""
    check_grouped_gradient(student, rng, 2)


# The tables


def check_shapes(got, expected, what):
    """The entries of a table of shapes, one number after the other."""
    for name, shape in expected.items():
        found = got.get(name)
        assert isinstance(found, (tuple, list)), f"{what}: no shape for {name!r}"
        assert len(found) == len(shape), f"{what}: {name!r} has {len(shape)} sizes"
        for axis, (size, right) in enumerate(zip(found, shape, strict=True)):
            check_number(size, right, what=f"{what}: {name}, axis {axis}")
    assert set(got) == set(expected), f"{what}: it has names that it should not have"


@points(1, hint="From layer to layer: (size + 2 * padding - mask) // stride + 1.")
def test_layer_shapes_of_the_paper(student):
    """layer_shapes: 227 - 55 - 27 - 27 - 13 - 13 - 13 - 13 - 6"""
    expected = {
        "image": (3, 227, 227),
        "conv1": (96, 55, 55),
        "pool1": (96, 27, 27),
        "conv2": (256, 27, 27),
        "pool2": (256, 13, 13),
        "conv3": (384, 13, 13),
        "conv4": (384, 13, 13),
        "conv5": (256, 13, 13),
        "pool5": (256, 6, 6),
        "fc6": (4096,),
        "fc7": (4096,),
        "fc8": (1000,),
    }
    check_shapes(student.layer_shapes(), expected, "layer_shapes()")


@points(1, hint="A mask has as many channels as a group has; fc6 sees all numbers of pool5.")
def test_parameter_shapes_of_a_narrow_net(student):
    """parameter_shapes: a narrow network, layer by layer"""
    check_shapes(student.parameter_shapes(**NARROW), NARROW_SHAPES, "parameter_shapes(…)")


@points(1, hint="Weights and biases of eight layers. Multiply the sizes of each shape, and add up.")
def test_parameter_count_of_the_paper(student):
    """parameter_count: 60,965,224, and what classes and size change"""
    check_number(student.parameter_count(), 60_965_224, what="parameter_count()")
    # Ten classes instead of a thousand: 990 neurons with 4096 weights and a bias less.
    check_number(
        student.parameter_count(classes=10), 56_909_194, what="parameter_count(classes=10)"
    )
    # Images of 99 x 99 leave 2 x 2 places for fc6 instead of 6 x 6.
    check_number(student.parameter_count(size=99), 27_410_792, what="parameter_count(size=99)")


# The network

NET = ("test_forward_of_a_known_net",)
BELOW = ("conv", "pool", "activations", "backprop")

# What the network of `known_net` says to its three images, its loss for the classes 3, 0 and 4, and
# what the same network with a larger fc6 says to an image of 227 x 227.
KNOWN_LOGITS = np.array(
    [
        [-1.0921036678944, -0.2098057120352, -1.7480137522141, 1.4718165062031, -1.1012071995112],
        [-1.1875568795073, 0.6971746948607, -0.9773064369601, 0.6231670695632, -1.3042893389038],
        [-1.7587067510929, 0.3387803086163, -1.1511151983442, 0.5764230359653, -1.2120157086230],
    ]
)
KNOWN_LOSS = 1.8912093922721
KNOWN_LOGITS_227 = np.array(
    [[0.5807417603431, 0.3518530574779, -1.0633799757132, -0.3294377224601, -1.0239382199425]]
)


def pattern(shape):
    """Numbers from -1/2 to 1/2 that look like random ones and are the same everywhere."""
    k = np.arange(1, int(np.prod(shape)) + 1, dtype=np.int64)
    return (k**3 % 65537 / 65537 - 0.5).reshape(shape)


def known_parameters(shapes):
    """Parameters that let a signal through: the variance of a weight is 2 / fan-in."""
    found = {}
    for name, shape in shapes.items():
        fan_in = np.prod(shape[1:]) if len(shape) == 4 else shape[0]
        found[name] = pattern(shape) * (np.sqrt(24 / fan_in) if len(shape) > 1 else 0.5)
    found["fc8.weight"] *= 0.1  # so that no class is certain
    return found


def make(student, parameters, **sizes):
    """A network with these parameters."""
    return student.AlexNet(student.generator(0), **(sizes or NARROW), parameters=parameters)


def known_net(student):
    """The network NARROW with parameters of a known pattern, and three images."""
    return make(student, known_parameters(NARROW_SHAPES)), 200 * pattern((3, 3, 99, 99))


@points(
    0.5,
    hint="Biases of conv2, conv4, conv5, fc6 and fc7 start at 1; none of the weights agree.",
    stands_on=("init",),
)
def test_a_new_net(student):
    """AlexNet: names, shapes and biases of a new network"""
    parameters = student.AlexNet.parameters(student.AlexNet(student.generator(1), **NARROW))
    for name, shape in NARROW_SHAPES.items():
        array = check_array(parameters.get(name), what=name, shape=shape, dtype=np.float32)
        if name.endswith("bias"):
            layer = name.removesuffix(".bias")
            ones = layer in ("conv2", "conv4", "conv5", "fc6", "fc7")
            check_close(array, np.full(shape, ones, dtype=np.float32), what=name)
        else:
            # In float32 a few of many random numbers meet.
            assert np.unique(array).size > 0.9 * array.size, f"{name}: equal weights stay equal"


@points(
    2,
    hint="Convolution, ReLU, norm, pool, in this order; then rows of channels, rows and columns.",
    stands_on=BELOW,
)
def test_forward_of_a_known_net(student):
    """AlexNet.forward: the logits of a network whose parameters are known"""
    net, x = known_net(student)
    check_close(student.AlexNet.forward(net, x), KNOWN_LOGITS, what="logits", limit=FAIR)


@points(0.5, hint="The same network at the size of the paper.", needs=NET, stands_on=BELOW)
def test_forward_of_a_whole_image(student):
    """AlexNet.forward: an image of 227 x 227 pixels"""
    parameters = known_parameters({**NARROW_SHAPES, "fc6.weight": (576, 256)})
    net = make(student, parameters, width=1 / 16, classes=CLASSES)
    logits = student.AlexNet.forward(net, 200 * pattern((1, 3, 227, 227)))
    check_close(logits, KNOWN_LOGITS_227, what="logits", limit=FAIR)


@points(
    0.5,
    hint="The mean of the cross-entropy over the batch, from the logits.",
    needs=NET,
    stands_on=BELOW,
)
def test_loss_of_a_known_net(student):
    """AlexNet.loss_and_grads: the loss"""
    net, x = known_net(student)
    loss, _ = student.AlexNet.loss_and_grads(net, x, np.array([3, 0, 4], dtype=np.uint8))
    check_number(loss, KNOWN_LOSS, what="loss", limit=FAIR)


def flattened(gradients):
    """All gradients of NARROW in a row, once their names, shapes and dtypes are right."""
    return np.concatenate(
        [
            check_array(gradients.get(name), what=f"gradient of {name}", shape=shape).ravel()
            for name, shape in NARROW_SHAPES.items()
        ]
    )


def cut(row):
    """A row of numbers as parameters of NARROW."""
    ends = np.cumsum([np.prod(shape) for shape in NARROW_SHAPES.values()])
    parts = np.split(row, ends[:-1])
    return {n: p.reshape(s) for (n, s), p in zip(NARROW_SHAPES.items(), parts, strict=True)}


def check_net_gradient(student, rng, dropped):
    """Compare the gradients of all parameters at once with differences of the student's loss."""
    row = flattened(known_parameters(NARROW_SHAPES))
    x, labels = 100 * rng.normal(size=(2, 3, 99, 99)), np.array([4, 1])

    def run(row):
        generator = (student.generator(7),) if dropped else ()
        return student.AlexNet.loss_and_grads(make(student, cut(row)), x, labels, *generator)

    check_gradient(lambda v: run(v)[0], row, flattened(run(row)[1]), rng, what="gradients")


@points(
    1.5,
    hint="Back through the layers in reverse order; what is dx of one is dy of the one before.",
    needs=NET,
    stands_on=BELOW,
)
def test_gradients_match_differences(student, rng):
    """AlexNet.loss_and_grads: the gradients match numerical differences"""
    check_net_gradient(student, rng, dropped=False)


@points(
    1,
    hint="Dropout stands after the ReLUs of fc6 and fc7, and only where a generator is given.",
    needs=NET,
    stands_on=(*BELOW, "dropout"),
)
def test_dropout_in_training(student, rng):
    """AlexNet.loss_and_grads: dropout with p = 0.5 after fc6 and fc7, if a generator is given"""
    # With weights of 0, all neurons of fc6 say 1 and those of fc7 say 2, for any image. Then the
    # gradient of fc8.weight is what fc7 says, row by row, times that of fc8.bias, and the gradient
    # of fc7.weight has a row of zeros where fc6 says nothing.
    parameters = known_parameters(NARROW_SHAPES)
    parameters |= {name: 0 * parameters[name] for name in ("fc6.weight", "fc7.weight")}
    parameters |= {"fc6.bias": np.ones(256), "fc7.bias": np.full(256, 2.0)}
    net, x, labels = make(student, parameters), rng.normal(size=(1, 3, 99, 99)), np.array([2])
    logits = 2 * parameters["fc8.weight"].sum(axis=0) + parameters["fc8.bias"]
    generator, seen = student.generator(3), []
    for generators in ((), (generator,), (generator,)):
        _, gradients = student.AlexNet.loss_and_grads(net, x, labels, *generators)
        flattened(gradients)
        check_close(student.AlexNet.forward(net, x), logits[None], what="logits", limit=FAIR)
        kept6 = np.any(gradients["fc7.weight"], axis=1)
        kept7 = np.any(gradients["fc8.weight"], axis=1)
        says = np.outer(kept7 * (4.0 if generators else 2.0), gradients["fc8.bias"])
        check_close(gradients["fc8.weight"], says, what="gradient of fc8.weight")
        if not generators:
            assert kept6.all(), "fc6 drops without a generator"
            assert kept7.all(), "fc7 drops without a generator"
        seen += [kept6, kept7] if generators else []
    for kept in seen:
        # 256 fair coins: more than 56 away from 128 in one of 10 ** 10 cases.
        assert 72 <= np.count_nonzero(kept) <= 184, "about half of the neurons are dropped"
    for i in range(4):
        for j in range(i):
            assert np.any(seen[i] != seen[j]), "the same neurons are dropped again"


@points(
    0.5,
    hint="float32 in, float32 out: weigh every number that you make yourself.",
    needs=NET,
    stands_on=(*BELOW, "dropout"),
)
def test_float32_is_kept(student, rng):
    """all functions: float32 is kept"""

    def draw(*shape):
        return rng.normal(size=shape).astype(np.float32)

    def check(got, shape, what):
        check_array(got, what=what, shape=shape, dtype=np.float32)

    x = draw(2, 4, 3, 5)
    y, cache = student.local_response_norm_forward(x)
    check(y, x.shape, "y of local_response_norm_forward")
    check(student.local_response_norm_backward(x, cache), x.shape, "dx")
    w = draw(6, 2, 2, 2)
    y, cache = student.grouped_conv2d_forward(x, w, draw(6), groups=2)
    check(y, (2, 6, 2, 4), "y of grouped_conv2d_forward")
    gradients = student.grouped_conv2d_backward(draw(2, 6, 2, 4), cache)
    for name, got, like in zip("xwb", gradients, (x, w, w[:, 0, 0, 0]), strict=True):
        check(got, like.shape, f"d{name}")
    parameters = known_parameters(NARROW_SHAPES)
    net = make(student, {k: v.astype(np.float32) for k, v in parameters.items()})
    images, labels = draw(1, 3, 99, 99), np.array([0])
    check(student.AlexNet.forward(net, images), (1, CLASSES), "logits")
    _, gradients = student.AlexNet.loss_and_grads(net, images, labels, student.generator(0))
    for name, shape in NARROW_SHAPES.items():
        check(gradients.get(name), shape, f"gradient of {name}")


@points(
    0.5,
    hint="x -= … and x[...] = … write into the caller's array. Make a new one.",
    stands_on=(*BELOW, "dropout"),
)
def test_arguments_are_unchanged(student, rng):
    """all functions: the arguments are not changed"""
    x, dy = rng.normal(size=(2, 2, 4, 3, 5))
    _, cache = student.local_response_norm_forward(x, alpha=0.1)
    student.local_response_norm_backward(dy, cache)
    w, b, upstream = (
        rng.normal(size=(6, 2, 2, 2)),
        rng.normal(size=6),
        rng.normal(size=(2, 6, 2, 4)),
    )
    _, cache = student.grouped_conv2d_forward(x, w, b, groups=2)
    student.grouped_conv2d_backward(upstream, cache)
    net, images = known_net(student)
    student.AlexNet.forward(net, images)
    student.AlexNet.loss_and_grads(net, images, np.array([0, 1, 2]), student.generator(0))
    check_unchanged(student)
    for name, array in known_parameters(NARROW_SHAPES).items():
        check_close(student.AlexNet.parameters(net).get(name), array, what=name)
