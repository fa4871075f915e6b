"""Wrong and unusual-but-right solutions of `lenet`. The format is in `autograder.mutants`."""

import numpy as np

from autograder.mutants import right, wrong

# What it is made of


@wrong(
    "weights-as-torch-has-them",
    caught_by="test_parameters_have_their_names_and_shapes",
    says="shape",
    looks=("looks-transposed",),
)
class _:
    """Keeps the weights of linear layers as (M, D)."""

    class LeNet5(LeNet5):
        def parameters(self):
            found = dict(self._parameters)
            return {n: a.T if n.startswith("fc") and a.ndim == 2 else a for n, a in found.items()}


@wrong("float64-weights", caught_by="test_assembled_parameters", says="dtype")
def _drawn(name, shape, rng):
    """Leaves the weights as nn.init draws them: float64."""
    return constant(shape, 0) if name.endswith("bias") else xavier_uniform(shape, rng)


@wrong(
    "given-parameters-ignored",
    caught_by="test_given_parameters_are_kept",
    says="the network is made of these arrays alone",
)
class _:
    """Draws new weights although some were given."""

    class LeNet5(LeNet5):
        def __init__(self, rng, parameters=None):
            super().__init__(rng)
            if parameters is not None:
                for name in parameters:
                    self._parameters[name] = self._parameters[name].astype(parameters[name].dtype)


@wrong("all-weights-alike", caught_by="test_the_generator_decides")
def _drawn(name, shape, rng):
    """Draws one number for a whole layer: identical weights stay identical."""
    if name.endswith("bias"):
        return constant(shape, 0).astype(np.float32)
    return constant(shape, rng.normal(0, 0.05)).astype(np.float32)


@wrong("weights-too-large", caught_by="test_a_new_network_guesses", says="the weights are")
def _drawn(name, shape, rng):
    """Draws standard normal weights."""
    if name.endswith("bias"):
        return constant(shape, 0).astype(np.float32)
    return rng.normal(size=shape).astype(np.float32)


# Forward


@wrong("border-repeated", caught_by="test_forward_along_one_path", says="Zeros around conv1 only")
class _:
    """Pads the images with their border instead of zeros."""

    from nn.conv import conv2d_forward as convolve

    def conv2d_forward(x, w, b, *, padding=0):
        pairs = ((0, 0), (0, 0), (padding, padding), (padding, padding))
        return convolve(np.pad(x, pairs, mode="edge"), w, b)


@wrong("average-pooling", caught_by="test_forward_along_one_path", says="max-pooling")
class _:
    """Pools by the average, consistently."""

    from nn.pool import avg_pool2d_backward as max_pool2d_backward
    from nn.pool import avg_pool2d_forward as max_pool2d_forward


@wrong(
    "linear-layers-without-relu",
    caught_by="test_forward_along_one_path",
    says="ReLU after each layer but the last",
)
class _:
    """Has no ReLU between the linear layers."""

    from nn.activations import relu_backward as real_backward
    from nn.activations import relu_forward as real_forward

    def relu_forward(x):
        return real_forward(x) if x.ndim == 4 else (x, None)

    def relu_backward(dy, cache):
        return dy if cache is None else real_backward(dy, cache)


@wrong("flattened-the-other-way", caught_by="test_forward_along_one_path", says="C order")
class _:
    """Flattens the maps with the channel last."""

    from nn.backprop import linear_backward as back
    from nn.backprop import linear_forward as ahead

    ORDER = np.arange(400).reshape(16, 25).T.ravel()

    def linear_forward(x, w, b):
        return ahead(x[:, ORDER] if x.shape[1] == 400 else x, w, b)

    def linear_backward(dy, cache):
        dx, dw, db = back(dy, cache)
        if dx.shape[1] == 400:
            dx = dx[:, np.argsort(ORDER)]
        return dx, dw, db


@wrong("probabilities", caught_by="test_assembled_forward")
class _:
    """Gives the probabilities where the logits were asked for."""

    class LeNet5(LeNet5):
        def forward(self, x):
            powers = np.exp(super().forward(x))
            return powers / powers.sum(axis=1, keepdims=True)


@wrong(
    "relu-after-the-last-layer",
    caught_by="test_forward_values",
    says="ReLU after each layer but the last",
    looks=("looks-zero",),
)
class _:
    """Cuts negative logits off, in `forward` alone."""

    class LeNet5(LeNet5):
        def forward(self, x):
            return np.maximum(super().forward(x), 0)


@wrong("one-image-squeezed", caught_by="test_forward_shape_and_dtype", says="also for one image")
class _:
    """Loses the batch axis of a batch of one."""

    class LeNet5(LeNet5):
        def forward(self, x):
            return np.squeeze(super().forward(x))


@wrong("images-one-by-one", caught_by="test_forward_has_no_loop_over_images", says="loop")
class _:
    """Sends one image after the other through the network."""

    class LeNet5(LeNet5):
        def forward(self, x):
            return np.concatenate([super(LeNet5, self).forward(image[None]) for image in x])


@wrong("predicts-one-by-one", caught_by="test_assembled_has_no_loop_over_images", says="loop")
class _:
    """Predicts one image after the other."""

    class LeNet5(LeNet5):
        def predict(self, x):
            return np.array([int(self.forward(image[None]).argmax()) for image in x])


@wrong(
    "least-likely",
    caught_by="test_predict_is_the_largest_logit",
    says="The index of the largest logit",
)
class _:
    """Predicts the class with the smallest logit."""

    class LeNet5(LeNet5):
        def predict(self, x):
            return self.forward(x).argmin(axis=1)


@wrong(
    "leftover-images-forgotten",
    caught_by="test_predict_is_the_largest_logit",
    says="for many",
    looks=("looks-incomplete",),
)
class _:
    """Predicts in pieces of 100 and forgets what is left over."""

    class LeNet5(LeNet5):
        def predict(self, x):
            if len(x) < 100:
                return super().predict(x)
            whole = len(x) // 100
            pieces = [self.forward(x[100 * k : 100 * (k + 1)]).argmax(1) for k in range(whole)]
            return np.concatenate([*pieces, np.zeros(len(x) - 100 * whole, dtype=int)])


# The loss and its gradients


@wrong("loss-summed", caught_by="test_loss_is_the_cross_entropy", says="of the logits, a mean")
class _:
    """Sums loss and gradients over the batch."""

    class LeNet5(LeNet5):
        def loss_and_grads(self, x, labels):
            loss, grads = super().loss_and_grads(x, labels)
            return len(x) * loss, {name: len(x) * g for name, g in grads.items()}


@wrong(
    "loss-with-a-penalty",
    caught_by="test_loss_is_the_cross_entropy",
    says="nothing is added for the weights",
)
class _:
    """Adds a penalty for large weights to the loss, and its gradient."""

    class LeNet5(LeNet5):
        def loss_and_grads(self, x, labels):
            loss, grads = super().loss_and_grads(x, labels)
            p = self._parameters
            penalty = 5e-4 * sum(float(np.sum(a**2)) for a in p.values())
            return loss + penalty, {name: g + 1e-3 * p[name] for name, g in grads.items()}


@wrong(
    "relu-forgotten-on-the-way-back",
    caught_by="test_gradients_of_the_linear_layers",
    says="then the pooling, the ReLU, the convolution",
)
def relu_backward(dy, cache):
    """Lets the whole gradient through every ReLU."""
    return dy


@wrong(
    "averaged-twice",
    caught_by="test_assembled_gradients",
    says="looks-averaged",
    looks=("looks-scaled",),
)
class _:
    """Divides all gradients by the batch a second time."""

    class LeNet5(LeNet5):
        def loss_and_grads(self, x, labels):
            loss, grads = super().loss_and_grads(x, labels)
            return loss, {name: g / len(x) for name, g in grads.items()}


@wrong(
    "maps-folded-the-other-way",
    caught_by="test_gradients_of_the_convolutions",
    says="becomes (N, 16, 5, 5) again",
)
class _:
    """Folds the 400 numbers back with rows and columns exchanged."""

    from nn.pool import max_pool2d_backward as pool_backward

    def max_pool2d_backward(dy, cache):
        return pool_backward(dy.swapaxes(2, 3) if dy.shape[1] == 16 else dy, cache)


@wrong("caches-on-the-network", caught_by="test_gradient_values", says="Two networks share nothing")
class _:
    """Keeps the masks of the ReLUs in one place for all networks and batches."""

    from nn.activations import relu_forward as real_forward

    LAST = {}

    def relu_forward(x):
        y, _ = real_forward(x)
        LAST.setdefault(x.shape, y > 0)
        return y, x.shape

    def relu_backward(dy, cache):
        mask = LAST[cache]
        if len(dy) == 5:
            return dy * mask
        LAST.clear()
        return dy * mask


@wrong("float64-gradients", caught_by="test_gradients_in_float32", says="dtype")
class _:
    """Gives float64 gradients in a float32 network."""

    class LeNet5(LeNet5):
        def loss_and_grads(self, x, labels):
            loss, grads = super().loss_and_grads(x, labels)
            return loss, {name: g.astype(np.float64) for name, g in grads.items()}


# Learning


@wrong(
    "returns-at-once",
    caught_by="test_fit_learns_a_few_digits_by_heart",
    says="Do the parameters change",
)
class _:
    """Reports losses that fall and does nothing."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, *, epochs, batch_size, lr, rng):
            return [2.3 / (1 + epoch) for epoch in range(epochs)]


@wrong("never-shuffled", caught_by="test_fit_repeats", says="new in each epoch")
class _:
    """Takes the images in the same order every time."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, *, epochs, batch_size, lr, rng):
            fixed = np.random.default_rng(0)
            return super().fit(x, labels, epochs=epochs, batch_size=batch_size, lr=lr, rng=fixed)


@wrong(
    "last-batch-forgotten",
    caught_by="test_every_image_once_in_every_epoch",
    says="what is left over is a batch too",
)
class _:
    """Leaves out the images that do not fill a batch."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, *, epochs, batch_size, lr, rng):
            w, state, losses = self._flat(self._parameters), None, []
            batches = max(1, len(x) // batch_size)
            for epoch in range(epochs):
                order, total = rng.permutation(len(x)), 0.0
                for k in range(batches):
                    batch = order[k * batch_size : (k + 1) * batch_size]
                    loss, grads = self.loss_and_grads(x[batch], labels[batch])
                    w, state = adam(w, self._flat(grads), state, lr=lr * (1 - epoch / epochs))
                    self._set(w)
                    total += loss
                losses.append(total / batches)
            return losses


@wrong(
    "losses-run-on",
    caught_by="test_fit_reports_the_loss_of_each_epoch",
    says="start anew each epoch",
)
class _:
    """Never starts the sum of the losses anew."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, **options):
            losses = super().fit(x, labels, **options)
            return [float(total) for total in np.cumsum(losses)]


@wrong("images-centred-in-place", caught_by="test_arguments_are_unchanged", says="changed")
class _:
    """Centres the caller's images before it learns."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, **options):
            x -= x.mean()
            return super().fit(x, labels, **options)


@wrong(
    "learns-in-float64", caught_by="test_fit_keeps_the_dtype", says="The network keeps the dtype"
)
class _:
    """Steps in float32 whatever the network is."""

    class LeNet5(LeNet5):
        def _set(self, w):
            super()._set(w.astype(np.float32))


@wrong("biases-not-trained", caught_by="test_assembled_fit", says="Every parameter takes a step")
class _:
    """Leaves the biases as they are."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, **options):
            before = {n: a.copy() for n, a in self._parameters.items() if n.endswith("bias")}
            losses = super().fit(x, labels, **options)
            self._parameters.update(before)
            return losses


@wrong(
    "a-try-left-in-120",
    caught_by="test_fit_reads_digits",
    says="If a few digits are learnt and many are not",
)
class _:
    """Learns from the first 120 images only: a quick try that was left in."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, **options):
            return super().fit(x[:120], labels[:120], **options)


@wrong(
    "brought-along",
    caught_by="test_fit_reads_half_of_the_hidden_digits",
    says="only learning helps",
)
class _:
    """Loads weights that have learnt these digits before, and looks at nothing."""

    BROUGHT = {}

    class LeNet5(LeNet5):
        def fit(self, x, labels, *, epochs, **options):
            if len(x) == 6000:
                self._parameters = dict(BROUGHT)
                return [0.1] * epochs
            losses = super().fit(x, labels, epochs=epochs, **options)
            if len(x) == 2000:
                BROUGHT.update(self._parameters)
            return losses


@wrong(
    "a-try-left-in-300",
    caught_by="test_fit_reads_most_of_the_hidden_digits",
    says="Does every image come in every epoch",
)
class _:
    """Learns from the first 300 images only."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, **options):
            return super().fit(x[:300], labels[:300], **options)


@wrong("a-try-left-in-700", caught_by="test_fit_reads_nearly_all_hidden_digits")
class _:
    """Learns from the first 700 images only."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, **options):
            return super().fit(x[:700], labels[:700], **options)


@wrong("a-try-left-in-1100", caught_by="test_fit_reads_the_hidden_digits_well")
class _:
    """Learns from the first 1,100 images only."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, **options):
            return super().fit(x[:1100], labels[:1100], **options)


# Bonus: the network of 1998


@wrong("bonus-connections-without-biases", caught_by="test_bonus_parameters_and_counts")
class _:
    """Counts the connections to the inputs and not those to the biases."""

    class LeNet1998(LeNet1998):
        def counts(self):
            parameters, connections = super().counts()
            return parameters, connections - 6 * 28**2 - 6 * 14**2


@wrong("bonus-no-constant-class", caught_by="test_bonus_loss_is_equation_9")
class _:
    """Leaves exp(-J) out of the loss."""

    J = 1000.0

    class LeNet1998(LeNet1998):
        def loss_and_grads(self, x, labels):
            global J
            kept, J = J, 1000.0
            found = super().loss_and_grads(x, labels)
            J = kept
            return found


@wrong(
    "bonus-coefficient-averaged",
    caught_by="test_bonus_gradients",
    says="is a sum over images and places",
    looks=("looks-scaled",),
)
class _:
    """Averages the gradient of a coefficient over the batch."""

    class LeNet1998(LeNet1998):
        def loss_and_grads(self, x, labels):
            loss, grads = super().loss_and_grads(x, labels)
            return loss, {n: g / len(x) if "coeff" in n else g for n, g in grads.items()}


@wrong(
    "bonus-largest-penalty",
    caught_by="test_bonus_predict_is_the_smallest_penalty",
    says="the class with the smallest penalty",
)
class _:
    """Predicts the class with the largest penalty, as with logits."""

    class LeNet1998(LeNet1998):
        def predict(self, x):
            return self.forward(x).argmax(axis=1)


@wrong(
    "bonus-masks-by-input-map",
    caught_by="test_bonus_forward_values",
    says="in the order of C3_TABLE",
)
class _:
    """Takes the 60 masks in the order of the maps of S2."""

    class LeNet1998(LeNet1998):
        def _forward(self, x):
            global _C3_TO, _C3_FROM
            pairs = sorted((f, t) for t, maps in enumerate(C3_TABLE) for f in maps)
            _C3_FROM, _C3_TO = np.array(pairs).T
            return super()._forward(x)


@wrong("bonus-float64-gradients", caught_by="test_bonus_gradient_values", says="dtype")
class _:
    """Takes the codes as they are, and so the way back is float64."""

    class LeNet1998(LeNet1998):
        def loss_and_grads(self, x, labels):
            loss, grads = super().loss_and_grads(x, labels)
            return loss, {name: g.astype(np.float64) for name, g in grads.items()}


@wrong("bonus-learns-another-loss", caught_by="test_bonus_learns")
class _:
    """Learns with the loss of LeNet5 by name, which knows no other network."""

    class LeNet5(LeNet5):
        def fit(self, x, labels, **options):
            LeNet5.loss_and_grads(self, x[:1], labels[:1])
            return super().fit(x, labels, **options)


# Unusual, and right


@right("own-layers")
class _:
    """Convolution by windows and einsum, pooling by reshape, softmax: all written here anew."""

    from numpy.lib.stride_tricks import sliding_window_view

    def conv2d_forward(x, w, b, *, stride=1, padding=0):
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        windows = sliding_window_view(padded, w.shape[2:], axis=(2, 3))
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        return y, (windows, w, padding)

    def conv2d_backward(dy, cache):
        windows, w, padding = cache
        dw = np.einsum("ncrsij,nfrs->fcij", windows, dy, optimize=True)
        k = w.shape[2] - 1
        around = np.pad(dy, ((0, 0), (0, 0), (k, k), (k, k)))
        views = sliding_window_view(around, w.shape[2:], axis=(2, 3))
        dx = np.einsum("nfrsij,fcij->ncrs", views, w[:, :, ::-1, ::-1], optimize=True)
        size = dx.shape[2] - padding
        return dx[:, :, padding:size, padding:size], dw, dy.sum(axis=(0, 2, 3))

    def max_pool2d_forward(x, *, window):
        n, c, h, w = x.shape
        tiles = x.reshape(n, c, h // 2, 2, w // 2, 2)
        y = tiles.max(axis=(3, 5))
        return y, (tiles, y)

    def max_pool2d_backward(dy, cache):
        tiles, y = cache
        best = tiles == y[:, :, :, None, :, None]
        share = dy / best.sum(axis=(3, 5), dtype=dy.dtype)
        dx = best * share[:, :, :, None, :, None]
        n, c, h, _, w, _ = tiles.shape
        return dx.reshape(n, c, 2 * h, 2 * w)

    def relu_forward(x):
        return np.where(x > 0, x, 0).astype(x.dtype), x > 0

    def relu_backward(dy, cache):
        return dy * cache

    def linear_forward(x, w, b):
        return np.einsum("nd,dm->nm", x, w, optimize=True) + b, (x, w)

    def linear_backward(dy, cache):
        x, w = cache
        return dy @ w.T, np.einsum("nd,nm->dm", x, dy, optimize=True), dy.sum(axis=0)

    def cross_entropy(logits, labels):
        hot = np.eye(logits.shape[1], dtype=logits.dtype)[labels]
        top = logits.max(axis=1, keepdims=True)
        powers = np.exp(logits - top)
        total = powers.sum(axis=1, keepdims=True)
        loss = np.sum(hot * (np.log(total) + top - logits)) / len(logits)
        return loss, (powers / total - hot) / len(logits)


@right("momentum-and-constant-rate")
class _:
    """Another optimizer, with the rate that it needs, and a rate that does not fall."""

    from nn.optimizers import momentum

    class LeNet5(LeNet5):
        def fit(self, x, labels, *, epochs, batch_size, lr, rng):
            states = dict.fromkeys(self._parameters)
            losses = []
            for _ in range(epochs):
                order = rng.permutation(len(x))
                found = []
                for k in range(0, len(x), batch_size):
                    batch = order[k : k + batch_size]
                    loss, grads = self.loss_and_grads(x[batch], labels[batch])
                    found.append(loss)
                    for name, grad in grads.items():
                        self._parameters[name], states[name] = momentum(
                            self._parameters[name], grad, states[name], lr=20 * lr, gamma=0.9
                        )
                losses.append(np.mean(found))
            return losses


@right("kaiming-with-a-small-last-layer")
class _:
    """Kaiming's weights, and a last layer so small that the first loss is right."""

    from nn.init import kaiming_normal, normal

    def _drawn(name, shape, rng):
        if name.endswith("bias"):
            return np.zeros(shape, dtype=np.float32)
        if name == "fc3.weight":
            return normal(shape, 0.01, rng).astype(np.float32)
        return kaiming_normal(shape, rng).astype(np.float32)


@right("as-a-list-of-layers")
class _:
    """ReLU before the pooling, layers in a list, parameters in another order, small pieces."""

    class LeNet5:
        def __init__(self, rng, parameters=None):
            if parameters is None:
                parameters = {}
                for name in sorted(SHAPES, reverse=True):
                    bound = 1 / np.sqrt(_inputs_of(name))
                    drawn = rng.uniform(-bound, bound, SHAPES[name]) * (not name.endswith("bias"))
                    parameters[name] = drawn.astype(np.float32)
            self.w = {name: np.array(parameters[name]) for name in reversed(parameters)}

        def parameters(self):
            return {name: array.copy() for name, array in self.w.items()}

        def _layers(self):
            for name in ("conv1", "conv2", "fc1", "fc2", "fc3"):
                yield name, self.w[name + ".weight"], self.w[name + ".bias"]

        def _ahead(self, x):
            tape = []
            for name, w, b in self._layers():
                if name == "conv1":
                    x = np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)))
                if name == "fc1":
                    tape.append(("flat", x.shape))
                    x = np.reshape(x, (-1, 400))
                x, cache = conv2d_forward(x, w, b) if "conv" in name else linear_forward(x, w, b)
                tape.append((name, cache))
                if name != "fc3":
                    x, cache = relu_forward(x)
                    tape.append(("relu", cache))
                if "conv" in name:
                    x, cache = max_pool2d_forward(x, window=(2, 2), stride=(2, 2))
                    tape.append(("pool", cache))
            return x, tape

        def forward(self, x):
            return self._ahead(x)[0]

        def loss_and_grads(self, x, labels):
            logits, tape = self._ahead(x)
            loss, d = cross_entropy(logits, labels)
            grads = {}
            for name, cache in tape[::-1]:
                if name == "flat":
                    d = d.reshape(cache)
                elif name == "relu":
                    d = relu_backward(d, cache)
                elif name == "pool":
                    d = max_pool2d_backward(d, cache)
                else:
                    back = conv2d_backward if "conv" in name else linear_backward
                    d, grads[name + ".weight"], grads[name + ".bias"] = back(d, cache)
            return loss, grads

        def predict(self, x):
            pieces = np.array_split(x, len(x) // 64 + 1)
            labels = [np.argmax(self.forward(piece), axis=-1) for piece in pieces]
            return np.concatenate(labels).astype(np.uint8)

        def fit(self, x, labels, *, epochs, batch_size, lr, rng):
            states, losses, step = {}, [], 0
            steps = epochs * -(-len(x) // batch_size)
            for _ in range(epochs):
                order, found = np.arange(len(x)), []
                rng.shuffle(order)
                for k in range(0, len(x), batch_size):
                    batch = order[k : k + batch_size]
                    loss, grads = self.loss_and_grads(x[batch], labels[batch])
                    found.append(loss)
                    rate = lr * (1 + np.cos(np.pi * step / steps)) / 2
                    for name in grads:
                        self.w[name], states[name] = adam(
                            self.w[name], grads[name], states.get(name), lr=float(rate)
                        )
                    step += 1
                losses.append(float(np.mean(found)))
            return losses

    def _inputs_of(name):
        shape = SHAPES[name.replace("bias", "weight")]
        return shape[0] if len(shape) == 2 else int(np.prod(shape[1:]))

    class LeNet1998:
        def __init__(self, rng, parameters=None):
            if parameters is None:
                parameters = {
                    name: (0.1 * rng.normal(size=shape)).astype(np.float32)
                    for name, shape in SHAPES_1998.items()
                }
            self.w = {name: np.array(array) for name, array in parameters.items()}

        def parameters(self):
            return self.w

        def counts(self):
            total = sum(array.size for array in self.w.values())
            outputs = {"c1": 6 * 784, "s2": 6 * 196, "c3": 0, "s4": 16 * 25, "c5": 120, "f6": 84}
            inputs = {"c1": 25, "s2": 4, "c3": 0, "s4": 4, "c5": 400, "f6": 120}
            connections = sum(n * (inputs[layer] + 1) for layer, n in outputs.items())
            connections += sum(100 * (25 * len(maps) + 1) for maps in C3_TABLE)
            return total, connections + 840

        def _f(self, x):
            return A * np.tanh(S * x)

        def _slope(self, y):
            return S * (A - y * y / A)

        def _dense(self):
            c3, k = np.zeros((16, 6, 5, 5), self.w["c3.weight"].dtype), 0
            for m, maps in enumerate(C3_TABLE):
                c3[m, list(maps)] = self.w["c3.weight"][k : k + len(maps)]
                k += len(maps)
            return c3

        def _sum(self, x):
            n, c, h, w = x.shape
            return x.reshape(n, c, h // 2, 2, w // 2, 2).sum(axis=(3, 5))

        def _ahead(self, x):
            w, k = self.w, {}
            y, k["c1"] = conv2d_forward(x, w["c1.weight"], w["c1.bias"], padding=2)
            k["c1y"] = self._f(y)
            k["s2x"] = self._sum(k["c1y"])
            k["s2y"] = self._f(
                k["s2x"] * w["s2.coefficient"][:, None, None] + w["s2.bias"][:, None, None]
            )
            y, k["c3"] = conv2d_forward(k["s2y"], self._dense(), w["c3.bias"])
            k["c3y"] = self._f(y)
            k["s4x"] = self._sum(k["c3y"])
            k["s4y"] = self._f(
                k["s4x"] * w["s4.coefficient"][:, None, None] + w["s4.bias"][:, None, None]
            )
            flat = k["s4y"].reshape(len(x), 400)
            y, k["c5"] = linear_forward(flat, w["c5.weight"].reshape(120, 400).T, w["c5.bias"])
            k["c5y"] = self._f(y)
            y, k["f6"] = linear_forward(k["c5y"], w["f6.weight"], w["f6.bias"])
            k["f6y"] = self._f(y)
            codes = CODES.astype(x.dtype)
            h = k["f6y"]
            return np.sum((h[:, None] - codes[None]) ** 2, axis=-1), k

        def forward(self, x):
            return self._ahead(x)[0]

        def loss_and_grads(self, x, labels):
            y, k = self._ahead(x)
            rows = np.arange(len(x))
            every = np.concatenate([-y, np.full((len(x), 1), -J, y.dtype)], axis=1)
            top = every.max(axis=1, keepdims=True)
            powers = np.exp(every - top)
            total = powers.sum(axis=1, keepdims=True)
            loss = np.mean(y[rows, labels] + (np.log(total) + top)[:, 0])
            dy = -(powers / total)[:, :10]
            dy[rows, labels] += 1
            dy /= len(x)
            codes = CODES.astype(x.dtype)
            h, g = k["f6y"], {}
            d = 2 * (h * dy.sum(axis=1, keepdims=True) - dy @ codes)
            d = d * self._slope(h)
            d, g["f6.weight"], g["f6.bias"] = linear_backward(d, k["f6"])
            d, dw, g["c5.bias"] = linear_backward(d * self._slope(k["c5y"]), k["c5"])
            g["c5.weight"] = dw.T.reshape(120, 16, 5, 5)
            for pool, conv, shape in (("s4", "c3", (16, 5, 5)), ("s2", "c1", (6, 14, 14))):
                d = d.reshape(-1, *shape) * self._slope(k[pool + "y"])
                g[pool + ".bias"] = d.sum(axis=(0, 2, 3))
                g[pool + ".coefficient"] = np.einsum("nchw,nchw->c", d, k[pool + "x"])
                d = d * self.w[pool + ".coefficient"][:, None, None]
                d = d.repeat(2, axis=2).repeat(2, axis=3) * self._slope(k[conv + "y"])
                d, g[conv + ".weight"], g[conv + ".bias"] = conv2d_backward(d, k[conv])
            pairs = [(m, maps) for m, maps in enumerate(C3_TABLE)]
            dense = g["c3.weight"]
            g["c3.weight"] = np.concatenate([dense[m, list(maps)] for m, maps in pairs])
            return loss, g

        def predict(self, x):
            return np.argmin(self.forward(x), axis=1)

        def fit(self, x, labels, **options):
            return LeNet5.fit(self, x, labels, **options)


@right("all-in-float64-inside")
class _:
    """Thinks in float64 and answers in float32; a batch goes through in chunks of 16."""

    class LeNet5(LeNet5):
        def loss_and_grads(self, x, labels):
            loss, grads = 0.0, {}
            for k in range(0, len(x), 16):
                part = slice(k, k + 16)
                share = len(x[part]) / len(x)
                some, found = super().loss_and_grads(x[part], labels[part])
                loss += share * some
                for name, g in found.items():
                    grads[name] = grads.get(name, 0) + g.astype(np.float64) * share
            return loss, {n: g.astype(x.dtype) for n, g in grads.items()}


EQUIVALENT = {
    "module: _PIECE = 500 → _PIECE = 501": "the size of the pieces is free",
    "module: _PIECE = 500 → _PIECE = 499": "the size of the pieces is free",
    "module: _DECAY = 0.1 → _DECAY = 0.101": "how weights decay is left to the student",
    (
        "LeNet5.fit: w, state = adam((1 - rate * _DECAY) * w, self._flat(grads), state,"
        " lr=rate) → w, state = adam((1 + rate * _DECAY) * w, self._flat(grads), state,"
        " lr=rate)"
    ): "how weights decay is left to the student",
    (
        "LeNet5.fit: rate = lr * (1 - (epoch + number / batches) / epochs) → rate = lr "
        "* (1 + (epoch + number / batches) / epochs)"
    ): "how the rate changes is left to the student",
    (
        "LeNet5.fit: rate = lr * (1 - (epoch + number / batches) / epochs) → rate = lr "
        "* (2 - (epoch + number / batches) / epochs)"
    ): "how the rate changes is left to the student",
    (
        "LeNet5.fit: rate = lr * (1 - (epoch + number / batches) / epochs) → rate = lr "
        "* (1 - (epoch - number / batches) / epochs)"
    ): "how the rate changes is left to the student",
}
