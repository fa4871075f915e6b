"""Loops over the batch in every disguise: each has to be called one.

Each function takes a batch `x` of rows, and would be vectorised but for the loop. The imports are
of both kinds, `from m import f` and `m.f`: twins have to be found through either.
"""

import array
import collections
import functools
import itertools
import math
import operator
from collections import Counter, deque
from functools import reduce
from itertools import accumulate, chain, starmap

import numpy as np


def for_rows(x):
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = x[i].sum()
    return out


def for_elements(x):
    total = 0.0
    for row in x:
        for value in row:
            total += value
    return total


def while_rows(x):
    i, total = 0, 0.0
    while i < len(x):
        total += x[i, 0]
        i += 1
    return total


def comprehension(x):
    return np.array([row.max() for row in x])


def dict_comprehension(x):
    return np.array(list({i: row.sum() for i, row in enumerate(x)}.values()))


def generator(x):
    return np.fromiter((row.sum() for row in x), dtype=float)


def fromiter_of_map(x):
    return np.fromiter(map(math.exp, x[:, 0]), dtype=float)


def fromiter_by_keyword(x):
    return np.fromiter(iter=map(math.exp, x[:, 0]), dtype=float, count=len(x))


def map_in_list(x):
    return np.array(list(map(math.sin, x[:, 0])))


def map_operator(x):
    return np.stack(list(map(operator.mul, x, x)))


def filtered(x):
    return np.array(list(filter(None, x[:, 0])))


def stacked_map(x):
    return np.stack(tuple(map(np.exp, x)))


def reduced(x):
    return functools.reduce(operator.add, x)


def reduced_from_import(x):
    return reduce(operator.add, x, np.zeros(6))


def summed(x):
    return sum(x)


def summed_flat(x):
    return sum(x.flat)


def largest(x):
    return float(max(x[:, 0]) - min(x[:, 0]))


def exact_sum(x):
    return math.fsum(x[:, 0])


def exact_product(x):
    return math.prod(x[:, 0])


def distance(x):
    return math.dist(x[:, 0], x[:, 1])


def any_and_all(x):
    return float(any(x[:, 0] > 99)) + float(all(x[:, 0] < 99))


def vectorize_c(x):
    return np.vectorize(math.exp)(x)


def vectorize_typed(x):
    return np.vectorize(math.exp, otypes=[float])(x)


@np.vectorize
def _rectified(v):
    return max(v, 0.0)


def vectorize_python(x):
    return _rectified(x)


def frompyfunc_c(x):
    return np.frompyfunc(operator.add, 2, 1)(x, x).astype(float)


def frompyfunc_reduced(x):
    return float(np.frompyfunc(operator.add, 2, 1).reduce(x[:, 0]))


def along_axis(x):
    return np.apply_along_axis(np.sum, 1, x)


def nditer(x):
    total = 0.0
    for value in np.nditer(x):
        total = total + value
    return total


def ndindex(x):
    out = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        out[index] = math.tanh(x[index])
    return out


def recursion(x):
    return x[0] if len(x) == 1 else recursion(x[: len(x) // 2]) + recursion(x[len(x) // 2 :])


def to_list(x):
    return np.array(x.tolist()).sum(axis=1)


def listed(x):
    return np.array(list(x[:, 0])) * 2


def unpacked(x):
    return math.hypot(*x[:, 0])


def object_dtype(x):
    return (x.astype(object) * 2).astype(float)


def drained(x):
    out = []
    collections.deque(map(out.append, x[:, 0]), maxlen=0)
    return np.array(out)


def drained_from_import(x):
    return np.array(deque(x[:, 0]))


def accumulated(x):
    return np.array(list(accumulate(x[:, 0])))


def accumulated_by_keyword(x):
    return list(itertools.accumulate(iterable=x[:, 0], func=operator.mul))[-1]


def starmapped(x):
    return np.array(list(starmap(operator.add, x[:, :2])))


def chained(x):
    return np.array(list(chain(*x)))


def chained_from_iterable(x):
    return np.array(list(itertools.chain.from_iterable(x)))


def sliced(x):
    return np.array(list(itertools.islice(x[:, 0], len(x))))


def paired(x):
    return np.array([b - a for a, b in itertools.pairwise(x[:, 0])])


def compressed(x):
    return np.array(list(itertools.compress(x[:, 0], x[:, 0] > -99)))


def sorted_by_python(x):
    return np.array(sorted(x[:, 0]))


def dict_of_zip(x):
    return np.array(list(dict(zip(x[:, 0], x[:, 1], strict=True)).values()))


def counted(x):
    return float(Counter((x[:, 0] > 0).astype(int))[1])


def counted_of(x):
    return float(operator.countOf((x[:, 0] > 0), True))


def joined(x):
    return np.array(" ".join(f"{v:.17g}" for v in x[:, 0]).split(), dtype=float)


def joined_by_map(x):
    return np.array(",".join(map(repr, x[:, 0].tolist())).split(","), dtype=float)


def unrolled(x):
    source = "+".join(f"x[{i}]" for i in range(len(x)))
    return eval(source, {"x": x})


def straight_line(x):
    lines = "".join(f"total = total + x[{i}]\n" for i in range(len(x)))
    space = {"x": x, "total": 0.0}
    exec(lines, space)
    return space["total"]


def class_iteration(x):
    class Rows:
        def __getitem__(self, i):
            return x[i]

    return np.array([r.sum() for r in Rows()])


def through_array(x):
    return np.array(array.array("d", x[:, 0]))


def through_the_type_of_map(x):
    kind = type(map(abs, ()))
    driver = map if kind.__name__ == "generator" else kind
    return np.array(array.array("d", driver(math.exp, x[:, 0])))


def unwrapped(x):
    return float(getattr(sum, "__wrapped__", sum)(x[:, 0]))


def filtered_by_map(x):
    return float(sum(map(math.exp, filter(None, x[:, 0]))))
