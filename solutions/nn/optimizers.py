"""Six ways to walk downhill: from plain gradient descent to RProp and Adam.

A step is a pure function: ``w_next, state_next = step(w, grad, state, lr=...)``. It changes none of
its arguments and remembers nothing outside of `state`, which is ``None`` before the first step and
afterwards what the step before returned for the same weights. So each weight array of a network has
a state of its own, and one state may be used twice, to try two steps from the same place. The
learning rate may differ from step to step; the other settings stay as they are.

A training loop is then::

    for w, grad in ...:
        w, state = adam(w, grad, state, lr=0.001)

In all functions `w` is an array of any shape with at least one axis, and `grad` = dL/dw has the
shape and the dtype of `w`. Results have them too. No step loops over elements.
"""

import numpy as np

from nn.types import Array, State


def sgd(w: Array, grad: Array, state: State, *, lr: float) -> tuple[Array, State]:
    """Gradient descent: ``w <- w - lr * grad``.

    Parameters
    ----------
    w, grad : ndarray, any shape
    state
        Gradient descent has no memory; it takes and returns a state to look like the others.
    lr : float
        The learning rate, the lecture's alpha.

    Returns
    -------
    w_next : ndarray, shape and dtype of `w`
    state_next
        Anything, ``None`` included.

    References
    ----------
    Robbins & Monro (1951), A stochastic approximation method.
    """
    # BEGIN SOLUTION
    return w - lr * grad, state
    # END SOLUTION


def momentum(
    w: Array, grad: Array, state: State, *, lr: float, gamma: float
) -> tuple[Array, State]:
    """Descent along a running average of the gradients, in the lecture's form.

    ``v <- gamma * v + (1 - gamma) * grad``, then ``w <- w - lr * v`` with the new v. Before the
    first step v is 0.

    Parameters
    ----------
    w, grad : ndarray, any shape
    state
        ``None`` at first, then what the last step returned.
    lr : float
    gamma : float
        How much of the average is kept, from 0 (gradient descent) to below 1.

    Returns
    -------
    w_next : ndarray, shape and dtype of `w`
    state_next
        In any form.

    References
    ----------
    Polyak (1964), Some methods of speeding up the convergence of iteration methods. There, and in
    torch.optim.SGD, the gradient is added without its factor 1 - gamma.
    """
    # BEGIN SOLUTION
    v = np.zeros_like(w) if state is None else state
    # Two arrays of our own, and everything else in place: what costs time is memory.
    v = gamma * v
    move = (1 - gamma) * grad
    v += move
    np.multiply(v, lr, out=move)
    return np.subtract(w, move, out=move), v
    # END SOLUTION


def nesterov_lookahead(w: Array, state: State, *, lr: float, gamma: float) -> Array:
    """The point at which Nesterov's step wants its gradient: ``w - lr * gamma * v``.

    Parameters
    ----------
    w : ndarray, any shape
    state
        As for `nesterov`: ``None`` at first, then what its last step returned. Not changed.
    lr, gamma : float
        Those of the step that follows.

    Returns
    -------
    w_ahead : ndarray, shape and dtype of `w`
        The array itself, not a tuple. Where `w` would go next if the gradient were 0; before the
        first step that is `w` itself.
    """
    # BEGIN SOLUTION
    if state is None:
        return w.copy()
    ahead: Array = w - (lr * gamma) * state
    return ahead
    # END SOLUTION


def nesterov(
    w: Array, grad: Array, state: State, *, lr: float, gamma: float
) -> tuple[Array, State]:
    """Momentum with the gradient taken ahead.

    ``v <- gamma * v + (1 - gamma) * grad``, then ``w <- w - lr * v`` with the new v, as for
    `momentum`. But `grad` is the gradient at ``nesterov_lookahead(w, state, ...)``, not at `w`.

    Parameters
    ----------
    w : ndarray, any shape
        The weights themselves, not the point ahead.
    grad : ndarray, shape of `w`
        The gradient at the point ahead.
    state
        ``None`` at first, then what the last step returned.
    lr : float
    gamma : float
        How much of the average is kept, from 0 (gradient descent) to below 1.

    Returns
    -------
    w_next : ndarray, shape and dtype of `w`
    state_next
        In any form that `nesterov_lookahead` takes.

    References
    ----------
    Nesterov (1983), A method of solving a convex programming problem with convergence rate
    O(1/k^2), as written by Sutskever et al. (2013), On the importance of initialization and
    momentum in deep learning.
    """
    # BEGIN SOLUTION
    # All that is new is where the gradient was taken, and that was done before this call.
    return momentum(w, grad, state, lr=lr, gamma=gamma)
    # END SOLUTION


def rprop(
    w: Array,
    grad: Array,
    state: State,
    *,
    lr: float = 0.01,
    increase: float = 1.2,
    decrease: float = 0.5,
    smallest: float = 1e-6,
    largest: float = 50.0,
) -> tuple[Array, State]:
    """Resilient propagation: each element has a step of its own and follows the gradient's sign.

    Every element is compared with its stored gradient, which is 0 before the first step:

    - the same sign: its step grows by the factor `increase`, to `largest` at most;
    - the opposite sign: its step shrinks by the factor `decrease`, to `smallest` at least. The
      element does not move this time, and 0 is stored in place of its gradient;
    - one of the two is 0: its step stays.

    Unless its sign was the opposite, the element then moves against the sign of its gradient by
    its new step, and its gradient is stored. The sign of 0 is 0.

    Parameters
    ----------
    w, grad : ndarray, any shape
        Only the sign of `grad` matters, at any size from 1e-100 to 1e+100.
    state
        ``None`` at first, then what the last step returned.
    lr : float
        The first step of every element, between `smallest` and `largest`.
    increase, decrease : float
        Factors above and below 1.
    smallest, largest : float
        Bounds of the steps.

    Returns
    -------
    w_next : ndarray, shape and dtype of `w`
    state_next
        In any form.

    References
    ----------
    Riedmiller & Braun (1993), A direct adaptive method for faster backpropagation learning: the
    RPROP algorithm; in the form of Igel & Huesken (2000), called iRprop-, and torch.optim.Rprop.
    """
    # BEGIN SOLUTION
    sign = np.sign(grad)
    stored, step = (np.zeros_like(w), np.full_like(w, lr)) if state is None else state
    agreement = sign * stored  # 1: the same sign, -1: the opposite one, 0: one of them is 0
    # Sums of products and no np.where: a choice between two Python numbers would be float64, and
    # a choice at random signs is several times slower.
    factor = (
        1 + (increase - 1) * np.maximum(agreement, 0) + (1 - decrease) * np.minimum(agreement, 0)
    )
    step = np.clip(step * factor, smallest, largest)
    sign *= agreement >= 0  # after a change of sign: no move, and 0 is stored
    return w - sign * step, (sign, step)
    # END SOLUTION


def adam(
    w: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, State]:
    """Adam: an average of the gradients over the root of an average of their squares.

    In step t = 1, 2, ..., element by element, with m = v = 0 before the first step::

        m <- beta1 * m + (1 - beta1) * grad
        v <- beta2 * v + (1 - beta2) * grad**2
        w <- w - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)

    Parameters
    ----------
    w, grad : ndarray, any shape
    state
        ``None`` at first, then what the last step returned.
    lr : float
    beta1, beta2 : float
        How much of the two averages is kept, from 0 to below 1.
    eps : float
        Added outside of the root, after the corrections.

    Returns
    -------
    w_next : ndarray, shape and dtype of `w`
    state_next
        In any form.

    References
    ----------
    Kingma & Ba (2015), Adam: a method for stochastic optimization, algorithm 1.
    """
    # BEGIN SOLUTION
    t, m, v = (0, np.zeros_like(w), np.zeros_like(w)) if state is None else state
    t += 1
    # A corrected average is a sum discounted by beta, over the sum of its discounts
    # 1 + beta + ... + beta**(t-1). So m and v are kept here as the sums.
    discounts1 = (1 - beta1**t) / (1 - beta1)
    discounts2 = (1 - beta2**t) / (1 - beta2)
    m = beta1 * m  # arrays of our own, and from here on in place
    m += grad
    v = beta2 * v
    step = grad * grad
    v += step
    # (m / d1) / (sqrt(v / d2) + eps), expanded by sqrt(d2) to spare a division of each element.
    np.sqrt(v, out=step)
    step += eps * discounts2**0.5
    np.divide(m, step, out=step)
    step *= lr * discounts2**0.5 / discounts1
    return np.subtract(w, step, out=step), (t, m, v)
    # END SOLUTION


def norm_adam(
    w: Array,
    grad: Array,
    state: State,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float = 1e-8,
) -> tuple[Array, State]:
    """The lecture's form of Adam: an average of the gradients over an average of their norm.

    With m = v = 0 before the first step, and ``norm`` the root of the sum of the squares of all
    elements of `grad`, one number for the whole array::

        m <- beta2 * m + (1 - beta2) * norm
        v <- beta1 * v + (1 - beta1) * grad
        w <- w - lr * v / (m + eps)

    There is no correction for the start at 0.

    Parameters
    ----------
    w, grad : ndarray, any shape
    state
        ``None`` at first, then what the last step returned.
    lr : float
    beta1, beta2 : float
        How much of the average gradient and of the average norm is kept, from 0 to below 1.
    eps : float

    Returns
    -------
    w_next : ndarray, shape and dtype of `w`
    state_next
        In any form.
    """
    # BEGIN SOLUTION
    m, v = (0.0, np.zeros_like(w)) if state is None else state
    m = beta2 * m + (1 - beta2) * np.linalg.norm(grad)  # any shape -> ()
    v = beta1 * v
    v += (1 - beta1) * grad
    return w - (lr / (m + eps)) * v, (m, v)
    # END SOLUTION
