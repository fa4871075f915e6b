"""Stands in for `optimizers`: every step follows the gradient, and the state counts the steps."""


def _step(w, grad, state, lr):
    return w - lr * grad, (0 if state is None else state) + 1


def sgd(w, grad, state, *, lr):
    return _step(w, grad, state, lr)


def momentum(w, grad, state, *, lr, gamma):
    return _step(w, grad, state, lr)


def nesterov_lookahead(w, state, *, lr, gamma):
    return w.copy()


def nesterov(w, grad, state, *, lr, gamma):
    return _step(w, grad, state, lr)


def rprop(w, grad, state, *, lr=0.01, increase=1.2, decrease=0.5, smallest=1e-6, largest=50.0):
    return _step(w, grad, state, lr)


def adam(w, grad, state, *, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    return _step(w, grad, state, lr)


def norm_adam(w, grad, state, *, lr, beta1, beta2, eps=1e-8):
    return _step(w, grad, state, lr)
