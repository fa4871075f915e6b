"""Wrong and unusual-but-right solutions of `weight_decay`. See `autograder.mutants`."""

import numpy as np

from autograder.mutants import right, wrong

# How many parameters


@wrong("count-without-biases", caught_by="test_parameter_count_known_networks", says="and M biases")
def parameter_count(parameters):
    """Counts the weights alone."""
    return sum(w.size for w, _ in parameters)


# L2


@wrong("l2-without-the-half", caught_by="test_l2_penalty_worked_example", says="Half of lam")
def l2_penalty(parameters, lam):
    """Leaves the 1/2 out of the penalty and, consistently, doubles the gradient."""
    penalty = lam * sum(np.sum(w**2) for w, _ in parameters)
    return float(penalty), [(2 * lam * w, np.zeros_like(b)) for w, b in parameters]


@wrong(
    "l2-gradient-doubled",
    caught_by="test_l2_penalty_gradient_matches_differences",
    says="looks-scaled",
)
def l2_penalty(parameters, lam):
    """Has the 1/2 in the penalty and forgets it in the gradient."""
    penalty = 0.5 * lam * sum(np.sum(w**2) for w, _ in parameters)
    return float(penalty), [(2 * lam * w, np.zeros_like(b)) for w, b in parameters]


@wrong("l2-with-biases", caught_by="test_l2_penalty_worked_example", says="no biases")
def l2_penalty(parameters, lam):
    """Penalises the biases like the weights."""
    penalty = 0.5 * lam * sum(np.sum(w**2) + np.sum(b**2) for w, b in parameters)
    return float(penalty), [(lam * w, lam * b) for w, b in parameters]


@wrong(
    "l2-two-layers-only", caught_by="test_l2_penalty_networks", says="whatever the number of layers"
)
def l2_penalty(parameters, lam):
    """Adds up two layers, as in a network with one hidden layer, and no more."""
    penalty = 0.5 * lam * sum(np.sum(w**2) for w, _ in parameters[:2])
    return float(penalty), [(lam * w, np.zeros_like(b)) for w, b in parameters]


@wrong("l2-float64-biases", caught_by="test_float32_is_kept", says="dtype")
def l2_penalty(parameters, lam):
    """Makes the zeros of the biases in float64."""
    penalty = 0.5 * lam * sum(np.sum(w**2) for w, _ in parameters)
    return float(penalty), [(lam * w, np.zeros(b.shape)) for w, b in parameters]


@wrong("l2-in-place", caught_by="test_arguments_are_unchanged", says="changed")
def l2_penalty(parameters, lam):
    """Multiplies the caller's weights by lam to get the gradient."""
    penalty = 0.5 * lam * sum(np.sum(w**2) for w, _ in parameters)
    for w, _ in parameters:
        w *= lam
    return float(penalty), [(w, np.zeros_like(b)) for w, b in parameters]


@wrong("l2-loop", caught_by="test_penalties_have_no_loop_over_the_weights", says="loop")
def l2_penalty(parameters, lam):
    """Adds the squares of one weight after the other."""
    penalty = 0.0
    for w, _ in parameters:
        for row in w:
            for weight in row:
                penalty += 0.5 * lam * weight**2
    return float(penalty), [(lam * w, np.zeros_like(b)) for w, b in parameters]


# L1


@wrong(
    "l1-without-absolute-value",
    caught_by="test_l1_penalty_worked_example",
    says="lam times all |w|",
)
def l1_penalty(parameters, lam):
    """Adds the weights up with their signs."""
    penalty = lam * sum(w.sum() for w, _ in parameters)
    return float(penalty), [(lam * np.sign(w), np.zeros_like(b)) for w, b in parameters]


@wrong("l1-gradient-of-l2", caught_by="test_l1_penalty_worked_example", says="not its size")
def l1_penalty(parameters, lam):
    """Keeps the gradient of the squares."""
    penalty = lam * sum(np.abs(w).sum() for w, _ in parameters)
    return float(penalty), [(lam * w, np.zeros_like(b)) for w, b in parameters]


@wrong("l1-divides-by-size", caught_by="test_l1_penalty_at_zero", says="No division")
def l1_penalty(parameters, lam):
    """Takes w / |w| for the sign: 0/0 at a weight of 0."""
    penalty = lam * sum(np.abs(w).sum() for w, _ in parameters)
    return float(penalty), [(lam * w / np.abs(w), np.zeros_like(b)) for w, b in parameters]


@wrong("l1-memory-order", caught_by="test_l1_penalty_networks", says="memory layouts")
def l1_penalty(parameters, lam):
    """Flattens in memory order: the signs of a Fortran-ordered matrix are scrambled."""
    penalty = lam * sum(np.abs(w).sum() for w, _ in parameters)
    signs = [np.sign(w.ravel(order="K")).reshape(w.shape) for w, _ in parameters]
    gradients = zip(signs, parameters, strict=True)
    return float(penalty), [(lam * sign, np.zeros_like(b)) for sign, (_, b) in gradients]


@wrong("l1-float64-signs", caught_by="test_float32_is_kept", says="dtype")
def l1_penalty(parameters, lam):
    """Chooses between two Python floats: the gradient is float64."""
    penalty = lam * sum(np.abs(w).sum() for w, _ in parameters)
    return float(penalty), [(np.where(w > 0, lam, -lam), np.zeros_like(b)) for w, b in parameters]


@wrong("l1-loop", caught_by="test_penalties_have_no_loop_over_the_weights", says="loop")
def l1_penalty(parameters, lam):
    """Has the slope of one weight, and np.vectorize to call it for each."""
    slope = np.vectorize(lambda weight: lam if weight > 0 else -lam if weight < 0 else 0.0)
    penalty = lam * sum(np.abs(w).sum() for w, _ in parameters)
    return float(penalty), [(slope(w), np.zeros_like(b)) for w, b in parameters]


# Early stopping


@wrong("stop-sees-the-future", caught_by="test_early_stopping_worked_example", says="best so far")
def early_stopping(val_losses, patience):
    """Takes the best epoch of the whole curve, also beyond where the training would stop."""
    best = int(np.nanargmin(val_losses)) if np.isfinite(val_losses).any() else 0
    return best, min(best + patience, len(val_losses) - 1)


@wrong(
    "stop-one-late", caught_by="test_early_stopping_worked_example", says="how far back is the best"
)
def early_stopping(val_losses, patience):
    """Stops one epoch after the patience is over."""
    best, lowest = 0, np.inf
    for epoch, loss in enumerate(val_losses):
        if loss < lowest:
            best, lowest = epoch, loss
        elif epoch - best > patience:
            return best, epoch
    return best, len(val_losses) - 1


@wrong(
    "stop-compares-neighbours", caught_by="test_early_stopping_worked_example", says="best so far"
)
def early_stopping(val_losses, patience):
    """Compares with the epoch before instead of with the best so far."""
    best, waited, before = 0, 0, np.inf
    for epoch, loss in enumerate(val_losses):
        waited = 0 if loss < before else waited + 1
        if loss < before:
            best = epoch
        before = loss
        if waited == patience:
            return best, epoch
    return best, len(val_losses) - 1


@wrong(
    "stop-beyond-the-end",
    caught_by="test_early_stopping_curves",
    says="after the last epoch there is none",
)
def early_stopping(val_losses, patience):
    """Gives an epoch after the last one where the patience outlasts the curve."""
    best, lowest = 0, np.inf
    for epoch, loss in enumerate(val_losses):
        if loss < lowest:
            best, lowest = epoch, loss
        if epoch - best == patience:
            break
    return best, best + patience


@wrong("stop-writes-infinity", caught_by="test_arguments_are_unchanged", says="changed")
def early_stopping(val_losses, patience):
    """Puts infinity in the place of every NaN, in the caller's array."""
    val_losses[np.isnan(val_losses)] = np.inf
    best = 0
    for epoch, loss in enumerate(val_losses):
        if loss < val_losses[best]:
            best = epoch
        if epoch - best == patience:
            return best, epoch
    return best, len(val_losses) - 1


@wrong(
    "stop-starts-with-nan", caught_by="test_early_stopping_ties_and_nan", says="losses that are NaN"
)
def early_stopping(val_losses, patience):
    """Starts from the first loss: where it is NaN, no other one is ever lower."""
    best = 0
    for epoch, loss in enumerate(val_losses):
        if loss < val_losses[best]:
            best = epoch
        if epoch - best == patience:
            return best, epoch
    return best, len(val_losses) - 1


# Right, but unusual


@right("plain")
class _:
    """Squares by power, a copy of the sign times lam, the list filled layer by layer."""

    def l2_penalty(parameters, lam):
        total, gradients = 0.0, []
        for w, b in parameters:
            total += (lam * w**2).sum() / 2
            gradients.append((w * lam, np.zeros(b.shape, b.dtype)))
        return total, gradients

    def l1_penalty(parameters, lam):
        total, gradients = 0.0, []
        for w, b in parameters:
            slope = np.sign(w)
            total += (slope * w).sum()
            gradients.append((slope * lam, b * 0))
        return np.array(lam * total), gradients


@right("one-long-vector")
class _:
    """All weights in one vector, cut apart again: the gradients are views of it."""

    def parameter_count(parameters):
        return np.concatenate([a.ravel() for pair in parameters for a in pair]).size

    def l2_penalty(parameters, lam):
        vector, apart = _joined(parameters)
        return lam * np.linalg.norm(vector) ** 2 / 2, apart(vector * lam)

    def l1_penalty(parameters, lam):
        vector, apart = _joined(parameters)
        return lam * np.linalg.norm(vector, 1), apart(np.sign(vector) * lam)

    def _joined(parameters):
        vector = np.concatenate([w.ravel() for w, _ in parameters])
        ends = np.cumsum([w.size for w, _ in parameters])[:-1]

        def apart(vector):
            pieces = zip(np.split(vector, ends), parameters, strict=True)
            return [(v.reshape(w.shape), np.zeros_like(b)) for v, (w, b) in pieces]

        return vector, apart


@right("other-subgradients")
def l1_penalty(parameters, lam):
    """At 0 the slope is that on the left; gradients come in Fortran order."""
    penalty, gradients = 0, []
    for w, b in parameters:
        slope = np.where(w.T > 0, 1, -1).astype(w.dtype).T
        penalty = penalty + lam * np.einsum("ij,ij", slope, w)
        gradients.append((slope * lam, np.zeros_like(b)))
    return penalty, gradients


@right("signs-of-zero")
def l1_penalty(parameters, lam):
    """At 0 the slope takes the sign of the zero; all zeros of the biases are negative ones."""
    gradients = [(np.copysign(np.full_like(w, lam), w), -np.zeros_like(b)) for w, b in parameters]
    return np.float64(
        sum(np.vdot(w, dw) for (w, _), (dw, _) in zip(parameters, gradients))
    ), gradients


@right("stopping-without-a-loop")
def early_stopping(val_losses, patience):
    """The running minimum of the whole curve at once; NumPy integers come back."""
    losses = np.where(np.isnan(val_losses), np.inf, val_losses)
    before = np.concatenate([[np.inf], np.minimum.accumulate(losses)[:-1]])
    epochs = np.arange(losses.size)
    best = np.maximum.accumulate(np.where(losses < before, epochs, 0))
    late = np.flatnonzero(epochs - best == patience)
    stop = late[0] if late.size else epochs[-1]
    return best[stop], stop


# Mechanical mutants that nothing can tell from the reference, with the reason.
EQUIVALENT: dict[str, str] = {}
