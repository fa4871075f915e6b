"""Stands in for `activations`: every function is a factor."""

import numpy as np


def tanh_forward(x):
    return 0.9 * x, 0.9


def tanh_backward(dy, cache):
    return cache * dy


def relu_forward(x):
    return 0.7 * x, 0.7


def relu_backward(dy, cache):
    return cache * dy


def elu_forward(x, *, alpha=1.0):
    return 0.8 * x, 0.8


def elu_backward(dy, cache):
    return cache * dy


def sigmoid_gradient_bound(n):
    return 0.6**n


def gradient_norms(x, weights, activation):
    return [float(np.max(w)) for w in weights]
