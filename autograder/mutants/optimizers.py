"""Wrong and unusual-but-right solutions of `optimizers`. The format is in `autograder.mutants`."""

import numpy as np

from autograder.mutants import right, wrong

# Gradient descent


@wrong("sgd-uphill", caught_by="test_sgd_worked_example", says="Against the gradient")
def sgd(w, grad, state, *, lr):
    """Adds the gradient."""
    return w + lr * grad, state


@wrong("sgd-weights-only", caught_by="test_sgd_worked_example", says="structure-array")
def sgd(w, grad, state, *, lr):
    """Returns the weights without a state."""
    return w - lr * grad


@wrong("sgd-in-place", caught_by="test_arguments_are_unchanged", says="changed")
def sgd(w, grad, state, *, lr):
    """Moves the caller's weights."""
    w -= lr * grad
    return w, state


@wrong("sgd-memory-order", caught_by="test_sgd_many_walks", says="memory layouts")
def sgd(w, grad, state, *, lr):
    """Flattens in memory order: weights and gradients of two layouts do not meet."""
    flat = np.ravel(w, order="K") - lr * np.ravel(grad, order="K")
    return flat.reshape(w.shape), state


# Momentum


@wrong(
    "momentum-of-the-paper",
    caught_by="test_momentum_worked_example",
    says="takes 1 - gamma of the gradient",
    looks=("looks-scaled",),
)
def momentum(w, grad, state, *, lr, gamma):
    """Adds the whole gradient, as Polyak and PyTorch do."""
    v = gamma * (0 if state is None else state) + grad
    return w - lr * v, v


@wrong("momentum-swapped", caught_by="test_momentum_worked_example", says="keeps gamma of itself")
def momentum(w, grad, state, *, lr, gamma):
    """Keeps 1 - gamma of the average and takes gamma of the gradient."""
    v = (1 - gamma) * (0 if state is None else state) + gamma * grad
    return w - lr * v, v


@wrong("momentum-old-average", caught_by="test_momentum_worked_example")
def momentum(w, grad, state, *, lr, gamma):
    """Moves along the average from before this gradient."""
    v = np.zeros_like(w) if state is None else state
    return w - lr * v, gamma * v + (1 - gamma) * grad


@wrong(
    "momentum-starts-at-the-gradient",
    caught_by="test_momentum_gathers_speed",
    says="From rest",
    looks=("looks-scaled",),
)
def momentum(w, grad, state, *, lr, gamma):
    """Starts the average at the first gradient instead of at 0."""
    v = grad if state is None else gamma * state + (1 - gamma) * grad
    return w - lr * v, v


@wrong("momentum-corrected", caught_by="test_momentum_gathers_speed", says="From rest")
def momentum(w, grad, state, *, lr, gamma):
    """Corrects the average for its start at 0, as Adam does."""
    t, v = (0, 0) if state is None else state
    t, v = t + 1, gamma * v + (1 - gamma) * grad
    return w - lr * v / (1 - gamma**t), (t, v)


@wrong(
    "momentum-rests-at-zero",
    caught_by="test_momentum_rolls_on",
    says="No gradient, and v is still there",
)
def momentum(w, grad, state, *, lr, gamma):
    """Does nothing where the gradient is zero."""
    if not grad.any():
        return w, state
    v = gamma * (0 if state is None else state) + (1 - gamma) * grad
    return w - lr * v, v


@wrong(
    "momentum-rate-inside",
    caught_by="test_learning_rate_changes_on_the_way",
    says="v itself knows nothing of it",
)
class _:
    """Keeps the learning rate inside the average, so that an old rate moves new steps."""

    def momentum(w, grad, state, *, lr, gamma):
        v = gamma * (0 if state is None else state) + lr * (1 - gamma) * grad
        return w - v, v

    def nesterov_lookahead(w, state, *, lr, gamma):
        return w - gamma * (0 if state is None else state)


@wrong("momentum-global", caught_by="test_states_do_not_mix", says="nothing global")
class _:
    """Keeps the averages in a global dictionary, by the shape of the weights."""

    averages = {}

    def momentum(w, grad, state, *, lr, gamma):
        old = np.zeros_like(w) if state is None else averages[w.shape]
        averages[w.shape] = gamma * old + (1 - gamma) * grad
        return w - lr * averages[w.shape], True

    def nesterov_lookahead(w, state, *, lr, gamma):
        return w - lr * gamma * (0 if state is None else averages[w.shape])


@wrong(
    "momentum-average-in-place",
    caught_by="test_states_do_not_mix",
    says="a new state object each time",
)
def momentum(w, grad, state, *, lr, gamma):
    """Updates the array of the old state."""
    v = np.zeros_like(w) if state is None else state
    v *= gamma
    v += (1 - gamma) * grad
    return w - lr * v, v


@wrong(
    "momentum-state-rewritten",
    caught_by="test_walks_that_branch",
    says="a new state object each time",
)
class _:
    """Writes the new average into the old state's object."""

    class Memory:
        v = 0.0

    def momentum(w, grad, state, *, lr, gamma):
        state = state or Memory()
        state.v = gamma * state.v + (1 - gamma) * grad
        return w - lr * state.v, state

    def nesterov_lookahead(w, state, *, lr, gamma):
        return w - lr * gamma * (state.v if state else 0)


@wrong(
    "momentum-history", caught_by="test_no_loop_over_earlier_steps", says="no list of all gradients"
)
class _:
    """Keeps all gradients and averages them anew in every step."""

    def average(gradients, gamma):
        v = 0
        for grad in gradients:
            v = gamma * v + (1 - gamma) * grad
        return v

    def momentum(w, grad, state, *, lr, gamma):
        gradients = [*(state or []), grad]
        return w - lr * average(gradients, gamma), gradients

    def nesterov_lookahead(w, state, *, lr, gamma):
        return w - lr * gamma * average(state or [], gamma)


@wrong("momentum-memory-order", caught_by="test_momentum_many_walks", says="layouts")
def momentum(w, grad, state, *, lr, gamma):
    """Takes the gradient in its order in memory, which need not be that of the weights."""
    grad = np.ravel(grad, order="K").reshape(w.shape)
    v = gamma * (0 if state is None else state) + (1 - gamma) * grad
    return w - lr * v, v


@wrong("momentum-row-loop", caught_by="test_no_loop_over_rows_or_columns", says="loop")
def momentum(w, grad, state, *, lr, gamma):
    """A Python loop over the rows."""
    v = np.zeros_like(w) if state is None else state.copy()
    for i in range(len(v)):
        v[i] = gamma * v[i] + (1 - gamma) * grad[i]
    return w - lr * v, v


# Nesterov


@wrong(
    "lookahead-backwards",
    caught_by="test_nesterov_lookahead_known_points",
    says="Where w would be after this step",
)
def nesterov_lookahead(w, state, *, lr, gamma):
    """Looks back: the sign is turned."""
    return w + lr * gamma * (0 if state is None else state)


@wrong(
    "lookahead-without-rate",
    caught_by="test_nesterov_lookahead_known_points",
    says="Three factors: lr",
)
def nesterov_lookahead(w, state, *, lr, gamma):
    """Forgets the learning rate."""
    return w - gamma * (0 if state is None else state)


@wrong(
    "lookahead-without-gamma",
    caught_by="test_nesterov_lookahead_known_points",
    says="Three factors: lr, gamma",
)
def nesterov_lookahead(w, state, *, lr, gamma):
    """Goes ahead by the whole last move."""
    return w - lr * (0 if state is None else state)


@wrong(
    "lookahead-stays",
    caught_by="test_nesterov_lookahead_known_points",
    says="Where w would be after this step",
)
def nesterov_lookahead(w, state, *, lr, gamma):
    """Looks at the weights themselves: plain momentum."""
    return w


@wrong("lookahead-in-place", caught_by="test_nesterov_lookahead_known_points")
def nesterov_lookahead(w, state, *, lr, gamma):
    """Lets the average lose its share already when it looks ahead."""
    if state is None:
        return w.copy()
    state *= gamma
    return w - lr * state


@wrong("lookahead-first-two-axes", caught_by="test_nesterov_lookahead_many", says="shape")
def nesterov_lookahead(w, state, *, lr, gamma):
    """Returns the point as a matrix where there are more axes."""
    ahead = w - lr * gamma * (0 if state is None else state)
    return ahead.reshape(ahead.shape[0], -1) if ahead.ndim > 2 else ahead


@wrong(
    "nesterov-of-pytorch", caught_by="test_nesterov_step_alone", says="the same moves as momentum"
)
def nesterov(w, grad, state, *, lr, gamma):
    """PyTorch's form: adds the gradient to the move once more, for weights that are ahead."""
    v = gamma * (0 if state is None else state) + (1 - gamma) * grad
    return w - lr * (gamma * v + (1 - gamma) * grad), v


@wrong(
    "nesterov-steps-from-ahead",
    caught_by="test_nesterov_worked_example",
    says="The step starts at w, not at the point ahead",
)
def nesterov(w, grad, state, *, lr, gamma):
    """Takes the step from the point ahead: the old average counts twice."""
    ahead = nesterov_lookahead(w, state, lr=lr, gamma=gamma)
    return momentum(ahead, grad, state, lr=lr, gamma=gamma)


@wrong("nesterov-restarts", caught_by="test_nesterov_in_a_valley")
class _:
    """Drops the average in every sixth step."""

    def nesterov_lookahead(w, state, *, lr, gamma):
        return w - lr * gamma * (state[1] if state and state[0] % 6 else 0)

    def nesterov(w, grad, state, *, lr, gamma):
        t, v = state or (0, 0)
        v = gamma * (v if t % 6 else 0) + (1 - gamma) * grad
        return w - lr * v, (t + 1, v)


# RProp


@wrong("rprop-old-step", caught_by="test_rprop_same_sign", says="it is 1.2 times the one before")
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Moves by the step from before the update."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    sign = sign * (agreement >= 0)
    return w - sign * step, (sign, np.clip(step * factor, smallest, largest))


@wrong(
    "rprop-proportional",
    caught_by="test_rprop_same_sign",
    says="only the sign of a gradient counts",
    looks=("looks-scaled",),
)
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Multiplies the step by the gradient and not by its sign."""
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = np.sign(grad) * np.sign(stored)
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    step = np.clip(step * factor, smallest, largest)
    grad = grad * (agreement >= 0)
    return w - grad * step, (grad, step)


@wrong("rprop-moves-on-a-change", caught_by="test_rprop_sign_changes", says="no move")
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Moves by the halved step after a change of sign too, and stores that sign."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    step = np.clip(step * factor, smallest, largest)
    return w - sign * step, (sign, step)


@wrong("rprop-goes-back", caught_by="test_rprop_sign_changes", says="no move")
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Takes the last move back after a change of sign, as the first paper does."""
    sign = np.sign(grad)
    stored, step, move = (0 * w, 0 * w + lr, 0 * w) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    step = np.clip(step * factor, smallest, largest)
    move = np.where(agreement < 0, -move, -sign * step)
    return w + move, (sign * (agreement >= 0), step, move)


@wrong(
    "rprop-stores-after-a-change",
    caught_by="test_rprop_sign_changes",
    says="0 stored as the gradient",
)
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Stores the gradient after a change of sign instead of 0."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    step = np.clip(step * factor, smallest, largest)
    return w - sign * (agreement >= 0) * step, (sign, step)


@wrong(
    "rprop-zero-shrinks",
    caught_by="test_rprop_zero_gradients",
    says="leaves the step as it is",
    looks=("looks-scaled",),
)
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Takes 0 for a change of sign, but for the very first step."""
    sign = np.sign(grad)
    if state is None:
        return w - sign * lr, (sign, 0 * w + lr)
    same = sign * state[0] > 0
    step = np.clip(state[1] * np.where(same, increase, decrease).astype(w.dtype), smallest, largest)
    sign = sign * (sign * state[0] >= 0)
    return w - sign * step, (sign, step)


@wrong(
    "rprop-remembers-past-zero",
    caught_by="test_rprop_zero_gradients",
    says="now and in the next step",
)
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Compares with the last gradient that was not 0."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    step = np.clip(step * factor, smallest, largest)
    moved = sign * (agreement >= 0)
    stored = np.where(grad == 0, stored, moved)
    return w - moved * step, (stored, step)


@wrong("rprop-no-upper-bound", caught_by="test_rprop_bounds", says="between 1e-6 and 50")
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Lets the steps grow without end."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    step = np.maximum(step * factor, smallest)
    sign = sign * (agreement >= 0)
    return w - sign * step, (sign, step)


@wrong("rprop-no-lower-bound", caught_by="test_rprop_bounds", says="between 1e-6 and 50")
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Lets the steps shrink without end."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    step = np.minimum(step * factor, largest)
    sign = sign * (agreement >= 0)
    return w - sign * step, (sign, step)


@wrong(
    "rprop-one-step-for-all",
    caught_by="test_rprop_elements_are_independent",
    says="each element has its own step",
)
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """One step for the whole array, by the sign of the product of both gradients."""
    sign = np.sign(grad)
    stored, step = (0 * w, lr) if state is None else state
    agreement = np.sign(np.sum(sign * stored))
    factor = increase if agreement > 0 else decrease if agreement < 0 else 1
    step = min(max(step * factor, smallest), largest)
    sign = sign * float(agreement >= 0)
    return (w - sign * step).astype(w.dtype), (sign, step)


@wrong(
    "rprop-dead-zone",
    caught_by="test_rprop_size_of_the_gradient",
    says="at 1e-100",
    looks=("looks-zero",),
)
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Takes very small gradients for 0."""
    sign = np.sign(grad) * (np.abs(grad) > 1e-12)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    step = np.clip(step * factor, smallest, largest)
    sign = sign * (agreement >= 0)
    return w - sign * step, (sign, step)


@wrong(
    "rprop-fixed-factors",
    caught_by="test_rprop_many_walks",
    says="none of them is a number in the body",
)
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Writes the factors into the body."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, 1.2, np.where(agreement < 0, 0.5, 1)).astype(w.dtype)
    step = np.clip(step * factor, smallest, largest)
    sign = sign * (agreement >= 0)
    return w - sign * step, (sign, step)


@wrong(
    "rprop-fixed-bounds",
    caught_by="test_rprop_other_bounds",
    says="other bounds than the usual ones",
)
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Writes the bounds into the body."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    step = np.clip(step * factor, 1e-6, 50.0)
    sign = sign * (agreement >= 0)
    return w - sign * step, (sign, step)


@wrong("rprop-float64-inside", caught_by="test_float32_is_kept", says="dtype")
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Chooses between Python numbers with np.where, which gives float64."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = sign * stored
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1))
    step = np.clip(step * factor, smallest, largest)
    sign = sign * (agreement >= 0)
    return w - sign * step, (sign, step)


@wrong("rprop-element-loop", caught_by="test_no_loop_over_elements", says="loop")
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """A Python loop over the elements."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else (state[0], state[1].copy())
    for i in np.ndindex(w.shape):
        if sign[i] * stored[i] > 0:
            step[i] = min(step[i] * increase, largest)
        elif sign[i] * stored[i] < 0:
            step[i] = max(step[i] * decrease, smallest)
            sign[i] = 0
    return w - sign * step, (sign, step)


@wrong("rprop-all-pairs", caught_by="test_rprop_run_time", says="each needs its own partner only")
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Multiplies each sign with each stored one, and takes the diagonal."""
    sign = np.sign(grad)
    stored, step = (0 * w, 0 * w + lr) if state is None else state
    agreement = np.diag(np.outer(sign, stored)).reshape(w.shape)
    factor = np.where(agreement > 0, increase, np.where(agreement < 0, decrease, 1)).astype(w.dtype)
    step = np.clip(step * factor, smallest, largest)
    sign = sign * (agreement >= 0)
    return w - sign * step, (sign, step)


# Adam


@wrong("adam-uncorrected", caught_by="test_adam_worked_example", says="With the corrections")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Leaves both corrections out."""
    m, v = (0, 0) if state is None else state
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    return w - lr * m / (np.sqrt(v) + eps), (m, v)


@wrong("adam-stores-corrected", caught_by="test_adam_constant_gradient")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Hands the corrected averages on, and corrects them again."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    m, v = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - lr * m / (np.sqrt(v) + eps), (t, m, v)


@wrong(
    "adam-always-first", caught_by="test_adam_constant_gradient", says="by their own 1 - beta ** t"
)
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Corrects as in the first step for ever: t stays 1."""
    m, v = (0, 0) if state is None else state
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    return w - lr * m / (1 - beta1) / (np.sqrt(v / (1 - beta2)) + eps), (m, v)


@wrong("adam-counts-from-zero", caught_by="test_adam_first_step", says="not-finite")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Counts steps from 0 and meets 0 / 0."""
    t, m, v = (0, 0, 0) if state is None else state
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    right = np.float64(1)
    step = (m / (right - beta1**t)) / (np.sqrt(v / (right - beta2**t)) + eps)
    return (w - lr * step).astype(w.dtype), (t + 1, m, v)


@wrong("adam-forgets-the-count", caught_by="test_adam_many_steps", says="t counts every step")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Stops correcting after twenty steps."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    first, second = (1 - beta1**t, 1 - beta2**t) if t <= 20 else (1, 1)
    return w - lr * (m / first) / (np.sqrt(v / second) + eps), (t, m, v)


@wrong(
    "adam-betas-swapped",
    caught_by="test_adam_worked_example",
    says="beta1 belongs to the gradients",
)
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Exchanges the two betas."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta2 * m + (1 - beta2) * grad, beta1 * v + (1 - beta1) * grad**2
    return w - lr * (m / (1 - beta2**t)) / (np.sqrt(v / (1 - beta1**t)) + eps), (t, m, v)


@wrong(
    "adam-no-root", caught_by="test_adam_worked_example", says="eps is added to the corrected root"
)
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Divides by the average of the squares and not by its root."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    return w - lr * (m / (1 - beta1**t)) / (v / (1 - beta2**t) + eps), (t, m, v)


@wrong("adam-amsgrad", caught_by="test_adam_worked_example")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Divides by the largest average of the squares so far."""
    t, m, v, top = (0, 0, 0, 0) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    top = np.maximum(top, v / (1 - beta2**t))
    return w - lr * (m / (1 - beta1**t)) / (np.sqrt(top) + eps), (t, m, v, top)


@wrong("adam-one-norm", caught_by="test_adam_worked_example")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Takes one mean square for the whole array."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * (grad**2).mean()
    return w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), (t, m, v)


@wrong(
    "adam-eps-inside-the-root", caught_by="test_adam_tiny_gradients", says="eps is outside the root"
)
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adds eps inside the root."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    return w - lr * (m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t) + eps), (t, m, v)


@wrong(
    "adam-eps-before-the-correction",
    caught_by="test_adam_tiny_gradients",
    says="eps is added to the corrected root",
)
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Corrects the step size and leaves eps as it is, which makes it larger."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    rate = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
    return w - rate * m / (np.sqrt(v) + eps), (t, m, v)


@wrong("adam-clipped", caught_by="test_adam_many_walks")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Lets no element move by more than lr."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    ratio = (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w - lr * np.clip(ratio, -1, 1), (t, m, v)


@wrong(
    "adam-no-eps", caught_by="test_adam_zero_gradients", says="does eps stand where the division is"
)
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Leaves eps out: 0 / 0 where a gradient is 0."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    return w - lr * (m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t)), (t, m, v)


@wrong(
    "adam-one-count-for-all",
    caught_by="test_arrays_of_a_network",
    says="All memory is in the state",
)
class _:
    """Counts the steps of all weights together."""

    count = [0]

    def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        m, v = (0, 0) if state is None else state
        count[0] += 1
        t = count[0]
        m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
        return w - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), (m, v)


@wrong(
    "adam-dictionary-rewritten",
    caught_by="test_states_do_not_mix",
    says="a new state object each time",
)
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Counts up in the dictionary that it was given."""
    state = {"t": 0, "m": 0, "v": 0} if state is None else state
    state["t"] += 1
    state["m"] = beta1 * state["m"] + (1 - beta1) * grad
    state["v"] = beta2 * state["v"] + (1 - beta2) * grad**2
    m, v = state["m"] / (1 - beta1 ** state["t"]), state["v"] / (1 - beta2 ** state["t"])
    return w - lr * m / (np.sqrt(v) + eps), state


@wrong("adam-element-loop", caught_by="test_no_loop_over_elements", says="loop")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """np.vectorize, which is a Python loop."""
    t, m, v = (0, 0 * w, 0 * w) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    move = np.vectorize(lambda a, b: a / (1 - beta1**t) / ((b / (1 - beta2**t)) ** 0.5 + eps))
    return w - lr * move(m, v).astype(w.dtype), (t, m, v)


@wrong("adam-diagonal-matrix", caught_by="test_adam_run_time", says="no matrix of all pairs")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Multiplies by a diagonal matrix of all elements."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    scales = 1 / (np.sqrt(v / (1 - beta2**t)) + eps)
    move = np.diag(scales.ravel()) @ (m / (1 - beta1**t)).ravel()
    return w - lr * move.reshape(w.shape), (t, m, v)


# The lecture's form of Adam


@wrong(
    "norm-adam-element-wise",
    caught_by="test_norm_adam_worked_example",
    says="One norm for the whole array",
)
def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
    """Takes the absolute value of each element for the norm."""
    m, v = (0, 0) if state is None else state
    m, v = beta2 * m + (1 - beta2) * np.abs(grad), beta1 * v + (1 - beta1) * grad
    return w - lr * v / (m + eps), (m, v)


@wrong(
    "norm-adam-corrected",
    caught_by="test_norm_adam_worked_example",
    says="nothing is corrected",
    looks=("looks-scaled",),
)
def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
    """Corrects both averages, as Adam does."""
    t, m, v = (0, 0, 0) if state is None else state
    t, m, v = t + 1, beta2 * m + (1 - beta2) * np.linalg.norm(grad), beta1 * v + (1 - beta1) * grad
    return w - lr * (v / (1 - beta1**t)) / (m / (1 - beta2**t) + eps), (t, m, v)


@wrong(
    "norm-adam-betas-swapped",
    caught_by="test_norm_adam_worked_example",
    says="Which beta belongs to the norm",
)
def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
    """Exchanges the two betas."""
    m, v = (0, 0) if state is None else state
    m, v = beta1 * m + (1 - beta1) * np.linalg.norm(grad), beta2 * v + (1 - beta2) * grad
    return w - lr * v / (m + eps), (m, v)


@wrong("norm-adam-of-the-average", caught_by="test_norm_adam_many_walks", looks=("looks-scaled",))
def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
    """Takes the norm of the average gradient."""
    m, v = (0, 0) if state is None else state
    v = beta1 * v + (1 - beta1) * grad
    m = beta2 * m + (1 - beta2) * np.linalg.norm(v)
    return w - lr * v / (m + eps), (m, v)


@wrong(
    "norm-adam-root-mean-square",
    caught_by="test_norm_adam_takes_one_norm",
    says="The root of the sum of all squares",
    looks=("looks-scaled",),
)
def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
    """Divides the norm by the root of the number of elements."""
    m, v = (0, 0) if state is None else state
    m = beta2 * m + (1 - beta2) * np.sqrt(np.mean(grad**2))
    v = beta1 * v + (1 - beta1) * grad
    return w - lr * v / (m + eps), (m, v)


@wrong(
    "norm-adam-spectral",
    caught_by="test_norm_adam_takes_one_norm",
    says="The root of the sum of all squares",
    looks=("looks-scaled",),
)
def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
    """Asks NumPy for the norm 2, which is the largest singular value of a matrix."""
    m, v = (0, 0) if state is None else state
    flat = grad if grad.ndim <= 2 else grad.ravel()
    m = beta2 * m + (1 - beta2) * np.linalg.norm(flat, 2)
    v = beta1 * v + (1 - beta1) * grad
    return w - lr * v / (m + eps), (m, v)


@wrong(
    "norm-adam-no-eps",
    caught_by="test_adam_zero_gradients",
    says="does eps stand where the division is",
    looks=("looks-scaled",),
)
def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
    """Leaves eps out: 0 / 0 before the first gradient that is not 0."""
    m, v = (0, 0) if state is None else state
    m, v = beta2 * m + (1 - beta2) * np.linalg.norm(grad), beta1 * v + (1 - beta1) * grad
    return w - lr * v / m, (m, v)


# Right, and unusual


@right("plain")
class _:
    """The formulas as they stand, RProp by np.where: the yardstick of the time limit."""

    def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
        stored, step = (np.zeros_like(w), np.full_like(w, lr)) if state is None else state
        product = grad * stored
        step = np.where(product > 0, np.minimum(step * increase, largest), step)
        step = np.where(product < 0, np.maximum(step * decrease, smallest), step)
        grad = np.where(product < 0, np.zeros_like(grad), grad)
        return w - np.sign(grad) * step, (grad, step)

    def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        t, m, v = (0, 0, 0) if state is None else state
        t += 1
        m = beta1 * m + (1 - beta1) * grad
        v = beta2 * v + (1 - beta2) * grad**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        return w - lr * m_hat / (np.sqrt(v_hat) + eps), (t, m, v)

    def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
        m, v = (0, 0) if state is None else state
        m = beta2 * m + (1 - beta2) * np.sqrt(np.sum(grad**2))
        v = beta1 * v + (1 - beta1) * grad
        return w - lr * v / (m + eps), (m, v)


@right("corrected-step-size")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """The paper's cheaper order: the step size and eps are corrected, not the averages."""
    t, m, v = (0, np.zeros_like(w), np.zeros_like(w)) if state is None else state
    t = t + 1
    m = m + (1 - beta1) * (grad - m)
    v = v + (1 - beta2) * (grad * grad - v)
    root = np.sqrt(1 - beta2**t)
    return w - float(lr * root / (1 - beta1**t)) * m / (np.sqrt(v) + float(eps * root)), (t, m, v)


@right("running-products")
def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Powers of the betas kept as running products, moves by negative powers."""
    p1, p2, m, v = (1.0, 1.0, 0.0, 0.0) if state is None else state
    p1, p2 = p1 * beta1, p2 * beta2
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * np.square(grad)
    return w + -lr * (m / (1 - p1)) * ((v / (1 - p2)) ** 0.5 + eps) ** -1, (p1, p2, m, v)


@right("dictionaries")
class _:
    """States are dictionaries, made anew in each step; RProp by np.select."""

    def sgd(w, grad, state, *, lr):
        return w - lr * grad, {"t": 1 + (state or {"t": 0})["t"]}

    def momentum(w, grad, state, *, lr, gamma):
        state = {"v": np.zeros(w.shape, w.dtype), **(state or {})}
        state["v"] = gamma * state["v"] + (1 - gamma) * grad
        return w - lr * state["v"], state

    def nesterov_lookahead(w, state, *, lr, gamma):
        return w - lr * gamma * state["v"] if state else w

    def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
        state = dict(state or {"before": np.zeros_like(w), "step": np.full_like(w, lr)})
        same = np.sign(grad) * np.sign(state["before"])
        factor = np.select([same > 0, same < 0], [increase, decrease], default=1.0)
        step = np.clip(state["step"] * factor, smallest, largest).astype(w.dtype)
        moved = np.select([same >= 0], [np.sign(grad)], default=0.0).astype(w.dtype)
        return w - moved * step, {"before": moved, "step": step}

    def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        old = state or {"t": 0, "m": 0.0, "v": 0.0}
        new = {
            "t": old["t"] + 1,
            "m": beta1 * old["m"] + (1 - beta1) * grad,
            "v": beta2 * old["v"] + (1 - beta2) * grad * grad,
        }
        m, v = new["m"] / (1 - beta1 ** new["t"]), new["v"] / (1 - beta2 ** new["t"])
        return w - lr * m / (v**0.5 + eps), new


@right("dataclasses")
class _:
    """States are frozen objects."""

    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Moving:
        v: object
        m: object = 0.0
        t: int = 0

    def momentum(w, grad, state, *, lr, gamma):
        old = Moving(np.zeros_like(w)) if state is None else state
        new = Moving(gamma * old.v + (1 - gamma) * grad)
        return w - lr * new.v, new

    def nesterov_lookahead(w, state, *, lr, gamma):
        return w.copy() if state is None else w - lr * gamma * state.v

    def nesterov(w, grad, state, *, lr, gamma):
        return momentum(w, grad, state, lr=lr, gamma=gamma)

    def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
        old = Moving(np.zeros_like(w)) if state is None else state
        m = beta2 * old.m + (1 - beta2) * float(np.sqrt(np.vdot(grad, grad)))
        new = Moving(beta1 * old.v + (1 - beta1) * grad, m, old.t + 1)
        return w - lr * new.v / (new.m + eps), new


@right("closures")
class _:
    """A state is a function that makes the next step."""

    def momentum(w, grad, state, *, lr, gamma):
        v = gamma * state() + (1 - gamma) * grad if state else (1 - gamma) * grad
        return w - lr * v, lambda: v

    def nesterov_lookahead(w, state, *, lr, gamma):
        return np.array(w) if state is None else w - lr * gamma * state()

    def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        def after(t, m, v):
            def step(w, grad, lr, beta1, beta2, eps):
                first, second = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
                mean, square = first / (1 - beta1**t), second / (1 - beta2**t)
                return w - lr * mean / (np.sqrt(square) + eps), after(t + 1, first, second)

            return step

        return (state or after(1, 0.0, 0.0))(w, grad, lr, beta1, beta2, eps)


@right("masks-in-copies")
def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    """Boolean masks and assignments, on copies of what was given."""
    if state is None:
        before, step = np.zeros_like(w), np.full_like(w, lr)
    else:
        before, step = state[0], state[1].copy()
    grad, w = grad.copy(), w.copy()
    same, changed = before * grad > 0, before * grad < 0
    step[same] *= increase
    step[changed] *= decrease
    np.clip(step, smallest, largest, out=step)
    grad[changed] = 0
    w[grad > 0] -= step[grad > 0]
    w[grad < 0] += step[grad < 0]
    return w, [grad, step]


@right("one-expression")
class _:
    """Each step in one fused expression; Nesterov with an average that is scaled by 1 - gamma."""

    def sgd(w, grad, state, *, lr):
        return np.add(w, np.multiply(grad, -lr)), None

    def nesterov_lookahead(w, state, *, lr, gamma):
        return w if state is None else w - lr * gamma * (1 - gamma) * state

    def nesterov(w, grad, state, *, lr, gamma):
        total = grad if state is None else gamma * state + grad
        return w - lr * (1 - gamma) * total, total

    def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
        s = np.sign(grad)
        p, d = (s * 0, s * 0 + lr) if state is None else state
        factors = np.array([1, increase, decrease], dtype=w.dtype)
        d = np.minimum(np.maximum(d * factors[(s * p).astype(int)], smallest), largest)
        return w - s * (s * p != -1) * d, (s * (s * p != -1), d)

    def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
        m, v = (0.0, 0.0) if state is None else state
        norm = np.linalg.norm(grad.reshape(-1), 2)
        m, v = m + (1 - beta2) * (norm - m), v + (1 - beta1) * (grad - v)
        return w - lr * (v / (m + eps)), (m, v)


@right("views-and-fortran")
class _:
    """Results in Fortran order or views of larger arrays, which the state holds too."""

    def sgd(w, grad, state, *, lr):
        room = np.empty((2, *w.shape), dtype=w.dtype)
        room[0] = w - lr * grad
        return room[0], room

    def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        t, both = (0, np.zeros((2, *w.shape), w.dtype)) if state is None else state
        t += 1
        both = beta_times(both, beta1, beta2)
        both[0] += (1 - beta1) * grad
        both[1] += (1 - beta2) * grad**2
        move = (both[0] / (1 - beta1**t)) / (np.sqrt(both[1] / (1 - beta2**t)) + eps)
        return np.asfortranarray(w - lr * move), (t, both)

    def beta_times(both, beta1, beta2):
        return np.stack([beta1 * both[0], beta2 * both[1]])


# Mechanical mutants that nothing can tell from the reference, with the reason.
EQUIVALENT: dict[str, str] = {}
