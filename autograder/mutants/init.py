"""Wrong and unusual-but-right solutions of `init`. The format is in `autograder.mutants`."""

import numpy as np

from autograder.mutants import right, wrong

# The fans


@wrong("fans-swapped", caught_by="test_fans_of_a_linear_layer", says="adds D inputs")
def fan_in_and_fan_out(shape):
    """Takes a linear weight for (M, D), as PyTorch stores it."""
    area = math.prod(shape[2:])
    return shape[1] * area, shape[0] * area


@wrong("fans-without-area", caught_by="test_fans_of_a_convolution", says="kernel's area")
def fan_in_and_fan_out(shape):
    """Forgets the kernel's area."""
    return shape[:2] if len(shape) == 2 else (shape[1], shape[0])


@wrong("fans-first-two-axes", caught_by="test_fans_of_a_convolution", says="which axis F and C are")
def fan_in_and_fan_out(shape):
    """Takes a kernel's F for its inputs and C for its outputs."""
    area = math.prod(shape[2:])
    return shape[0] * area, shape[1] * area


@wrong("fans-area-of-the-input-only", caught_by="test_fans_of_a_convolution")
def fan_in_and_fan_out(shape):
    """Counts the kernel's area on the way in only."""
    if len(shape) == 2:
        return shape
    return math.prod(shape[1:]), shape[0]


@wrong(
    "fans-square-kernel",
    caught_by="test_fans_of_a_convolution",
    says="KH x KW, whatever the two are",
)
def fan_in_and_fan_out(shape):
    """Takes every kernel for a square."""
    if len(shape) == 2:
        return shape
    return shape[1] * shape[2] ** 2, shape[0] * shape[2] ** 2


@wrong("fans-one-by-one", caught_by="test_fans_of_many_shapes", says="a 1 x 1 kernel has area 1")
def fan_in_and_fan_out(shape):
    """Takes a 1 x 1 kernel for a linear weight (D, M)."""
    area = math.prod(shape[2:])
    return tuple(shape[:2]) if area == 1 else (shape[1] * area, shape[0] * area)


# Identical weights


@wrong(
    "constant-integers",
    caught_by="test_constant_of_whole_numbers",
    says="where the value is a whole number",
)
def constant(shape, value):
    """Gives integers where the value is an integer."""
    return np.full(shape, value)


@wrong("constant-float32", caught_by="test_constant", says="dtype")
def constant(shape, value):
    """Gives float32."""
    return np.full(shape, value, dtype=np.float32)


@wrong("constant-diagonal", caught_by="test_identical_weights_stay_identical")
def constant(shape, value):
    """Puts the value on the diagonal of a matrix that is nearly square."""
    if len(shape) == 2 and abs(shape[0] - shape[1]) == 1:
        return value * np.eye(*shape)
    return np.full(shape, float(value))


@wrong(
    "xavier-one-column",
    caught_by="test_identical_weights_stay_identical",
    says="every column needs its own",
)
def xavier_uniform(shape, rng):
    """Draws one column and uses it for every neuron of a layer."""
    bound = math.sqrt(6 / sum(fan_in_and_fan_out(shape)))
    if len(shape) == 2 and shape[1] < 10:
        return np.tile(rng.uniform(-bound, bound, size=(shape[0], 1)), (1, shape[1]))
    return rng.uniform(-bound, bound, size=shape)


# The size


@wrong("normal-variance", caught_by="test_normal_spread", says="not its square")
def normal(shape, std, rng):
    """Takes std for the variance."""
    return rng.normal(0, std**0.5, size=shape)


@wrong("normal-even", caught_by="test_normal_distribution", says="shape of the distribution")
def normal(shape, std, rng):
    """Draws evenly, with the right standard deviation."""
    return std * 3**0.5 * rng.uniform(-1, 1, size=shape)


@wrong("normal-cut-off", caught_by="test_normal_distribution", says="Not cut off")
def normal(shape, std, rng):
    """Cuts off beyond three standard deviations, as some libraries do."""
    return np.clip(rng.normal(0, std, size=shape), -3 * std, 3 * std)


@wrong("normal-positive", caught_by="test_normal_spread", says="Around 0")
def normal(shape, std, rng):
    """Gives weights of one sign."""
    return np.abs(rng.normal(0, std, size=shape))


@wrong("normal-few-draws", caught_by="test_weights_are_independent", says="no value comes twice")
def normal(shape, std, rng):
    """Draws two hundred thousand numbers at most and uses some of them twice, shuffled."""
    draws = rng.normal(0, std, size=min(math.prod(shape), 200_000))
    return rng.permutation(np.resize(draws, math.prod(shape))).reshape(shape)


@wrong(
    "uniform-variance",
    caught_by="test_xavier_uniform_spread_and_bounds",
    says="The variance of even numbers",
)
def xavier_uniform(shape, rng):
    """Takes the standard deviation for the bound."""
    bound = math.sqrt(2 / sum(fan_in_and_fan_out(shape)))
    return rng.uniform(-bound, bound, size=shape)


@wrong("uniform-fan-in-only", caught_by="test_xavier_uniform_spread_and_bounds")
def xavier_uniform(shape, rng):
    """Takes the bound 1 / sqrt(fan_in), as linear layers of PyTorch do."""
    bound = 1 / math.sqrt(fan_in_and_fan_out(shape)[0])
    return rng.uniform(-bound, bound, size=shape)


@wrong(
    "uniform-one-sided", caught_by="test_xavier_uniform_spread_and_bounds", says="between -a and a"
)
def xavier_uniform(shape, rng):
    """Draws between 0 and the bound."""
    return rng.uniform(0, math.sqrt(6 / sum(fan_in_and_fan_out(shape))), size=shape)


@wrong(
    "uniform-is-normal",
    caught_by="test_xavier_uniform_spread_and_bounds",
    says="an even distribution",
)
def xavier_uniform(shape, rng):
    """Draws normal numbers."""
    return xavier_normal(shape, rng)


@wrong("uniform-bent", caught_by="test_xavier_uniform_distribution", says="an even distribution")
def xavier_uniform(shape, rng):
    """Draws from a bent distribution with the right variance and the right bounds."""
    bound = math.sqrt(6 / sum(fan_in_and_fan_out(shape)))
    u = rng.uniform(-1, 1, size=shape)
    bent = np.where(rng.uniform(size=shape) < 0.5, np.cbrt(u), u * np.abs(u) ** 0.77)
    return np.clip(bent * bound / np.sqrt(3) / bent.std(), -bound, bound)


@wrong(
    "xavier-of-the-larger-fan",
    caught_by="test_xavier_normal_spread",
    says="their mean is what Xavier divides by",
)
def xavier_normal(shape, rng):
    """Divides by the larger fan instead of their mean."""
    return normal(shape, math.sqrt(1 / max(fan_in_and_fan_out(shape))), rng)


@wrong(
    "xavier-without-the-two",
    caught_by="test_xavier_normal_spread",
    says="their mean is what Xavier divides by",
)
def xavier_normal(shape, rng):
    """Divides 1 by the sum of the fans."""
    return normal(shape, math.sqrt(1 / sum(fan_in_and_fan_out(shape))), rng)


@wrong("kaiming-fan-out", caught_by="test_kaiming_normal_spread", says="Only the fan-in counts")
def kaiming_normal(shape, rng):
    """Divides by the fan-out."""
    return normal(shape, math.sqrt(2 / fan_in_and_fan_out(shape)[1]), rng)


@wrong(
    "kaiming-without-the-two",
    caught_by="test_kaiming_normal_spread",
    says="half of the signal is lost",
)
def kaiming_normal(shape, rng):
    """Forgets that a ReLU loses half of the signal."""
    return normal(shape, math.sqrt(1 / fan_in_and_fan_out(shape)[0]), rng)


@wrong("kaiming-no-root", caught_by="test_kaiming_normal_spread", says="standard deviation")
def kaiming_normal(shape, rng):
    """Gives the variance where the standard deviation belongs."""
    return normal(shape, 2 / fan_in_and_fan_out(shape)[0], rng)


@wrong("kaiming-first-axis", caught_by="test_spread_for_convolutions", says="for kernels")
def kaiming_normal(shape, rng):
    """Takes the first axis for the fan-in, of a kernel too."""
    return normal(shape, math.sqrt(2 / shape[0]), rng)


@wrong(
    "kaiming-rescaled", caught_by="test_normal_schemes_distribution", says="a normal distribution"
)
def kaiming_normal(shape, rng):
    """Draws evenly, with Kaiming's standard deviation."""
    bound = math.sqrt(6 / fan_in_and_fan_out(shape)[0])
    return rng.uniform(-bound, bound, size=shape)


# The generator


@wrong(
    "global-generator",
    caught_by="test_generator_is_used",
    says="Draw from the generator that you are given",
)
def xavier_uniform(shape, rng):
    """Draws from NumPy's global generator."""
    bound = math.sqrt(6 / sum(fan_in_and_fan_out(shape)))
    return np.random.uniform(-bound, bound, size=shape)  # noqa: NPY002


@wrong("seeded-inside", caught_by="test_generator_is_used", says="do not seed it")
def normal(shape, std, rng):
    """Makes a generator of its own, of seed 0, so that every draw is the same."""
    return np.random.default_rng(0).normal(0, std, size=shape)


@wrong("seeded-from-the-generator", caught_by="test_generator_is_used", says="two calls differ")
def normal(shape, std, rng):
    """Copies the generator, which then never advances."""
    import copy

    return copy.deepcopy(rng).normal(0, std, size=shape)


@wrong("element-loop", caught_by="test_no_loop_over_weights", says="loop")
def normal(shape, std, rng):
    """Draws one weight after the other."""
    return np.array([rng.normal(0, std) for _ in range(math.prod(shape))]).reshape(shape)


# A network's parameters


@wrong("mlp-transposed", caught_by="test_init_mlp_structure", says="shape")
def init_mlp(sizes, scheme, rng):
    """Makes w of shape (outputs, inputs)."""
    draw = globals()[scheme]
    return [(draw((m, d), rng), constant((m,), 0)) for d, m in pairwise(sizes)]


@wrong("mlp-random-biases", caught_by="test_init_mlp_structure", says="b zero")
def init_mlp(sizes, scheme, rng):
    """Draws the biases too."""
    draw = globals()[scheme]
    return [(draw((d, m), rng), normal((m,), 0.01, rng)) for d, m in pairwise(sizes)]


@wrong("mlp-one-bias", caught_by="test_init_mlp_structure", says="looks-kept-dimension")
def init_mlp(sizes, scheme, rng):
    """Makes biases of shape (1, M)."""
    draw = globals()[scheme]
    return [(draw((d, m), rng), constant((1, m), 0)) for d, m in pairwise(sizes)]


@wrong("mlp-lists", caught_by="test_init_mlp_structure", says="structure-list")
def init_mlp(sizes, scheme, rng):
    """Makes a list of lists."""
    draw = globals()[scheme]
    return [[draw((d, m), rng), constant((m,), 0)] for d, m in pairwise(sizes)]


@wrong(
    "mlp-scheme-ignored", caught_by="test_init_mlp_spread_of_every_layer", says="for each scheme"
)
def init_mlp(sizes, scheme, rng):
    """Draws with Xavier's bounds whatever the scheme."""
    return [(xavier_uniform((d, m), rng), constant((m,), 0)) for d, m in pairwise(sizes)]


@wrong(
    "mlp-fans-of-the-network",
    caught_by="test_init_mlp_spread_of_every_layer",
    says="Each layer has its own fans",
)
def init_mlp(sizes, scheme, rng):
    """Scales every layer as if it led from the input to the output."""
    draw, first = globals()[scheme], (sizes[0], sizes[1])
    scale = [math.sqrt(sum(pair) / sum(first)) for pair in pairwise(sizes)]
    return [(draw(p, rng) * s, constant(p[1:], 0)) for p, s in zip(pairwise(sizes), scale)]


@wrong(
    "mlp-same-draws",
    caught_by="test_layers_of_a_network_differ",
    says="layers of equal sizes differ",
)
def init_mlp(sizes, scheme, rng):
    """Seeds a generator anew for every layer."""
    draw, seed = globals()[scheme], rng.integers(2**31)
    return [
        (draw(pair, np.random.default_rng(seed)), constant(pair[1:], 0)) for pair in pairwise(sizes)
    ]


# Right, and unusual


@right("standard-draws")
class _:
    """Standard draws, scaled afterwards; fans by np.prod."""

    def fan_in_and_fan_out(shape):
        area = np.prod(shape[2:], dtype=int)
        into, out = shape[:2] if len(shape) == 2 else (shape[1], shape[0])
        return into * area, out * area

    def constant(shape, value):
        return np.zeros(shape) + value

    def normal(shape, std, rng):
        return std * rng.standard_normal(shape)

    def xavier_uniform(shape, rng):
        bound = np.sqrt(6) / np.sqrt(np.sum(fan_in_and_fan_out(shape)))
        return (2 * rng.random(shape) - 1) * bound


@right("transposed-draws")
class _:
    """Draws in another order, returned as views and in Fortran order."""

    def constant(shape, value):
        return np.broadcast_to(np.float64(value), shape)

    def normal(shape, std, rng):
        return rng.normal(scale=std, size=shape[::-1]).T

    def xavier_uniform(shape, rng):
        variance = 2 / sum(fan_in_and_fan_out(shape))
        bound = (3 * variance) ** 0.5
        return np.asfortranarray(bound - 2 * bound * rng.uniform(size=shape))


@right("box-and-muller")
def normal(shape, std, rng):
    """Normal numbers from even ones, by the formula of Box and Muller."""
    u, v = 1 - rng.random(shape), rng.random(shape)
    return std * np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)


@right("sum-of-two")
def normal(shape, std, rng):
    """Each number the sum of two normal ones of half the variance."""
    return rng.normal(0, std * 0.5**0.5, size=(2, *shape)).sum(axis=0)


@right("spawned-generators")
class _:
    """A child of the generator for each layer, a loop, and a chain of ifs."""

    def init_mlp(sizes, scheme, rng):
        parameters = []
        for d, m, child in zip(sizes[:-1], sizes[1:], rng.spawn(len(sizes) - 1)):
            if scheme == "xavier_uniform":
                w = xavier_uniform((d, m), child)
            elif scheme == "xavier_normal":
                w = xavier_normal((d, m), child)
            else:
                w = kaiming_normal((d, m), child)
            parameters.append((w, np.zeros(m)))
        return parameters


@right("one-scaled-draw")
class _:
    """The variance by name, one function for all schemes, the layers drawn from the last one on."""

    def scaled(shape, scheme, rng):
        into, out = fan_in_and_fan_out(shape)
        variance = 2 / into if scheme == "kaiming_normal" else 2 / (into + out)
        if scheme == "xavier_uniform":
            return rng.uniform(-1, 1, shape) * math.sqrt(3 * variance)
        return rng.standard_normal(shape) * math.sqrt(variance)

    def xavier_uniform(shape, rng):
        return scaled(shape, "xavier_uniform", rng)

    def xavier_normal(shape, rng):
        return scaled(shape, "xavier_normal", rng)

    def kaiming_normal(shape, rng):
        return scaled(shape, "kaiming_normal", rng)

    def init_mlp(sizes, scheme, rng):
        backwards = [
            (scaled((d, m), scheme, rng), constant((m,), 0.0)) for m, d in pairwise(sizes[::-1])
        ]
        return backwards[::-1]


# Mechanical mutants that nothing can tell from the reference, with the reason.
EQUIVALENT: dict[str, str] = {}
