"""Everyday code of students runs in a worker unchanged, and what cannot says why.

Each snippet runs here too, in plain Python: the answers have to be the same.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import sys
import textwrap
import types
import warnings

import numpy as np
import pytest

X = np.arange(1.0, 13.0).reshape(3, 4) / 7

SNIPPETS = {
    "prints": """
        print("loading", end=" ")
        def f(x):
            print("x =", x, x.shape, sep="\\n", flush=True)
            print(f"{x.mean():.3f}", file=sys.stderr)
            return x + 1
        import sys
        """,
    "prints of large arrays": """
        import numpy as np
        np.set_printoptions(precision=3, suppress=True, threshold=20)
        def f(x):
            print(np.zeros((50, 50)), repr(x), str(x))
            with np.printoptions(precision=1):
                return str(x)
        """,
    "warnings": """
        import warnings
        import numpy as np
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        np.seterr(divide="ignore")
        def f(x):
            warnings.warn("slow path")
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return np.log(x * 0), np.sqrt(-x)
        """,
    "logging": """
        import logging
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
        log = logging.getLogger(__name__)
        def f(x):
            log.info("shape %s", x.shape)
            log.warning("careful")
            return x.sum()
        """,
    "tracebacks": """
        import traceback
        def g(x): return x / {}
        def f(x):
            try:
                g(x)
            except TypeError as error:
                traceback.print_exc()
                text = "".join(traceback.format_exception(error))
                return type(error).__name__, "g(x)" in text, "return x / {}" in text
        """,
    "assertions and own exceptions": """
        class ShapeError(ValueError):
            def __init__(self, got):
                super().__init__(f"bad shape {got}")
                self.got = got
        def check(x):
            assert x.ndim == 2, "two axes"
            if x.shape[0] == 3:
                raise ShapeError(x.shape)
        def f(x):
            try:
                check(x)
            except ShapeError as error:
                return str(error), error.got
        """,
    "linear algebra": """
        import numpy as np
        from numpy import linalg as LA
        from numpy.linalg import norm, inv
        def f(x):
            a = x.T @ x + np.eye(4)
            u, s, vt = np.linalg.svd(a)
            q, r = np.linalg.qr(a)
            w, v = np.linalg.eigh(a)
            return (s, np.abs(q @ r - a).max() < 1e-12, w, inv(a), norm(a), LA.det(a),
                    np.linalg.solve(a, x[0]), np.linalg.lstsq(a, x[0], rcond=None)[0],
                    np.linalg.matrix_rank(a), np.linalg.pinv(x), np.linalg.cholesky(a),
                    np.linalg.matrix_power(a, 3), np.kron(a, a).shape, np.trace(a))
        """,
    "a singular matrix": """
        import numpy as np
        def f(x):
            try:
                np.linalg.inv(np.ones((3, 3)))
            except np.linalg.LinAlgError as error:
                return str(error)
        """,
    "fft": """
        import numpy as np
        from numpy.fft import fft, ifft
        def f(x):
            y = np.fft.irfft2(np.fft.rfft2(x, (8, 8)) * np.fft.rfft2(np.ones((2, 2)), (8, 8)))
            return np.round(y, 9), np.round(ifft(fft(x)).real, 9), np.fft.fftfreq(4)
        """,
    "einsum and tensordot": """
        import numpy as np
        def f(x):
            y = x.reshape(3, 2, 2)
            return (np.einsum("ijk,ljk->il", y, y), np.tensordot(y, y, axes=([1, 2], [1, 2])),
                    np.einsum("ij,jk,kl", x, x.T, x, optimize="optimal"),
                    np.einsum_path("ij,jk", x, x.T)[0])
        """,
    "windows": """
        import numpy as np
        from numpy.lib.stride_tricks import as_strided, sliding_window_view
        def f(x):
            windows = sliding_window_view(np.pad(x, 1, mode="edge"), (2, 2))
            s = x.strides
            return windows.sum(axis=(2, 3)), as_strided(x, (2, 3, 2, 2), s + s)
        """,
    "global random numbers": """
        import random
        import numpy as np
        def f(x):
            np.random.seed(7); random.seed(7)
            state = np.random.RandomState(3)
            return (np.random.randn(3), np.random.choice(5, 3), np.random.permutation(4),
                    state.uniform(size=2), random.random(), random.sample(range(9), 3))
        """,
    "generators": """
        import numpy as np
        def f(x):
            rng = np.random.default_rng(7)
            a = list(range(5))
            rng.shuffle(a)
            children = [np.random.Generator(np.random.PCG64(s)) for s in
                        np.random.SeedSequence(1).spawn(2)]
            return (rng.normal(size=3), rng.choice(9, 4, replace=False), a,
                    rng.multivariate_normal(np.zeros(2), np.eye(2)),
                    [c.integers(100) for c in children])
        """,
    "dataclasses": """
        from dataclasses import dataclass, field, asdict, replace
        import numpy as np
        @dataclass
        class Layer:
            w: np.ndarray
            b: float = 0.0
            notes: list = field(default_factory=list)
        @dataclass(frozen=True, order=True, slots=True)
        class Point:
            x: int
            y: int = 1
        def f(x):
            layer = replace(Layer(x), b=2.0)
            return asdict(layer), max(Point(1), Point(2)).x, repr(Point(1))
        """,
    "typing": """
        from __future__ import annotations
        import typing
        from typing import (Any, Callable, Generic, NamedTuple, Optional, Protocol, TypedDict,
                            TypeVar, Union, get_type_hints)
        import numpy as np
        import numpy.typing as npt
        T = TypeVar("T")
        class Pair(NamedTuple):
            a: int
            b: float = 0.5
        class Options(TypedDict, total=False):
            lr: float
        class Step(Protocol):
            def __call__(self, w: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]: ...
        class Box(Generic[T]):
            def __init__(self, item: T) -> None: self.item = item
        def f(x: npt.NDArray[np.float64]) -> Optional[Union[int, float]]:
            assert get_type_hints(f)["x"] is not None
            return Box(Pair(1)).item.b + Options(lr=0.5)["lr"]
        """,
    "functools": """
        import functools
        from functools import lru_cache, partial, reduce, wraps, cached_property, singledispatch
        def logged(function):
            @wraps(function)
            def wrapper(*args): return function(*args)
            return wrapper
        @lru_cache(maxsize=None)
        def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
        @singledispatch
        def kind(a): return "other"
        @kind.register
        def _(a: int): return "int"
        class A:
            @cached_property
            def b(self): return 5
        @logged
        def f(x): return (fib(50), partial(pow, 2)(5), reduce(lambda a, b: a * b, [1, 2, 3]),
                          kind(1), A().b, f.__name__)
        """,
    "itertools and collections": """
        import itertools as it
        from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
        Cell = namedtuple("Cell", "row column")
        def f(x):
            groups = defaultdict(list)
            for i, j in it.product(range(2), repeat=2):
                groups[i].append(j)
            queue = deque([1, 2, 3], maxlen=2)
            return (dict(groups), Counter("abca").most_common(1), list(queue), Cell(1, 2).column,
                    list(it.accumulate([1, 2, 3])), list(it.combinations("abc", 2)),
                    OrderedDict(a=1)["a"], ChainMap({"a": 1}, {"b": 2})["b"],
                    list(it.chain.from_iterable(it.zip_longest([1], [2, 3]))))
        """,
    "classes": """
        from abc import ABC, abstractmethod
        import enum, operator
        import numpy as np
        class Mode(enum.Enum):
            TRAIN = "train"
            EVAL = "eval"
        class Axis(enum.IntEnum):
            BATCH = 0
            FEATURE = enum.auto()
        class Module(ABC):
            count = 0
            def __init_subclass__(cls, **kwargs):
                super().__init_subclass__(**kwargs)
                Module.count += 1
            @abstractmethod
            def forward(self, x): ...
            def __call__(self, x): return self.forward(x)
        class Relu(Module):
            @property
            def name(self): return type(self).__name__
            @staticmethod
            def make(): return Relu()
            def forward(self, x): return np.maximum(x - 1, 0)
        def f(x): return Relu.make()(x), Relu().name, Mode("train").name, Axis(1).name, Module.count
        """,
    "generators and contexts": """
        import contextlib
        @contextlib.contextmanager
        def scope(name):
            events.append(name)
            yield name
            events.append("end")
        events = []
        def batches(x, n):
            for i in range(0, len(x), n):
                yield x[i:i + n]
        def f(x):
            with scope("a") as name, contextlib.suppress(KeyError):
                {}["nothing"]
            return [b.shape for b in batches(x, 2)], events, name, sum(i for i in range(5))
        """,
    "new syntax": """
        def f(x):
            match x.shape:
                case (rows, columns) if rows > 2:
                    kind = "tall"
                case _:
                    kind = "flat"
            if (n := len(x)) > 2:
                kind += f"{n=}"
            try:
                raise ExceptionGroup("several", [ValueError(1), TypeError(2)])
            except* ValueError as group:
                kind += str(len(group.exceptions))
            except* TypeError:
                kind += "T"
            return kind, {**{"a": 1}, "b": 2}, [*range(3)], f"{x[0, 0]:>8.2f}"
        """,
    "the file as a program": """
        x = 1
        if __name__ == "__main__":
            x = 2
            raise SystemExit("not as a module")
        def f(_): return x, __name__.startswith("nn.") or __name__
        """,
    "numbers and texts": """
        import cmath, decimal, fractions, json, math, re, statistics, string, textwrap
        def f(x):
            return (math.comb(5, 2), cmath.exp(1j).imag, str(decimal.Decimal(1) / 3),
                    str(fractions.Fraction(3, 9)), json.loads(json.dumps({"a": [1, None]})),
                    re.findall(r"\\d+", "a1b22"), statistics.mean([1, 2]), string.digits,
                    textwrap.dedent("  a"), "Привет, мир".encode().decode(), hex(255))
        """,
    "copies and comparisons": """
        import copy, bisect, heapq, operator, pickle, struct, hashlib, base64
        import numpy as np
        def f(x):
            heap = [3, 1, 2]
            heapq.heapify(heap)
            return (copy.deepcopy({"x": x})["x"], pickle.loads(pickle.dumps(x)), heap[0],
                    bisect.bisect([1, 2, 3], 2), struct.unpack("<d", struct.pack("<d", 1.5)),
                    hashlib.sha256(x.tobytes()).hexdigest(), operator.itemgetter(1)([1, 2]),
                    base64.b64encode(b"x").decode(), np.array_equal(x, x.copy()))
        """,
    "inspection": """
        import inspect, sys, os, platform, gc
        def g(a, b=2, *, c): ...
        def f(x):
            gc.collect()
            sys.setrecursionlimit(5000)
            return (list(inspect.signature(g).parameters), "def g(a" in inspect.getsource(g),
                    sys.version_info[:2] >= (3, 11), os.path.join("a", "b"),
                    platform.python_implementation(), os.environ.get("NOTHING", "default"))
        """,
    "time": """
        import datetime, time, timeit
        def f(x):
            start = time.perf_counter()
            with_date = datetime.datetime(2024, 1, 31).strftime("%d.%m.%Y")
            time.sleep(0.001)
            timeit.timeit("1 + 1", number=10)
            assert time.time() > 0 and time.process_time() >= 0 and datetime.datetime.now()
            return time.perf_counter() > start, with_date
        """,
    "its own tests": """
        import unittest
        import numpy as np
        import numpy.testing as npt
        class Test(unittest.TestCase):
            def test_close(self): npt.assert_allclose(1.0, 1.0 + 1e-12)
        def f(x):
            npt.assert_array_equal(x, x)
            try:
                npt.assert_allclose(x, x + 1)
            except AssertionError as error:
                return "Mismatched elements" in str(error), issubclass(Test, unittest.TestCase)
        """,
    "more of NumPy": """
        import numpy as np
        from numpy import ma
        from numpy.polynomial import Polynomial
        def f(x):
            y = np.ma.masked_less(x, 1)
            table = np.genfromtxt(["1,2", "3,4"], delimiter=",")
            return (y.sum(), Polynomial([1, 2])(3), np.unique(x > 1, return_counts=True),
                    np.argsort(x, axis=1), np.histogram(x, 3)[0], np.cumsum(x, 0), table,
                    np.meshgrid([1, 2], [3])[0], np.convolve([1, 2], [1, 1]),
                    np.char.upper(np.array(["a"]))[0] == "A", np.where(x > 1, x, 0),
                    np.vectorize(lambda v: v + 1)(x), np.apply_along_axis(np.sum, 0, x),
                    np.broadcast_shapes((2, 1), (1, 3)), np.tril(np.ones((2, 2))),
                    np.take_along_axis(x, np.argsort(x, axis=1), 1), np.clip(x, 0, 1))
        """,
    "a file in memory": """
        import csv, io
        import numpy as np
        def f(x):
            buffer = io.BytesIO()
            np.savez(buffer, x=x)
            buffer.seek(0)
            text = io.StringIO("a,b\\n1,2\\n")
            return np.load(buffer)["x"], list(csv.DictReader(text))
        """,
}


def plainly(source):
    """What the snippet answers in this process."""
    # As an import would leave it: dataclasses, pickle and inspect look there.
    module = types.ModuleType("nn.work")
    linecache.cache["nn/work.py"] = (len(source), None, source.splitlines(True), "nn/work.py")
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setitem(sys.modules, "nn.work", module)
        exec(compile(source, "nn/work.py", "exec", dont_inherit=True), module.__dict__)
        return module.f(X.copy())


def same(got, expected):
    """Equal up to the rounding that another number of threads makes."""
    if isinstance(expected, np.ndarray | np.floating | float):
        return type(got) is type(expected) and np.allclose(got, expected, rtol=1e-9, equal_nan=True)
    if isinstance(expected, (tuple, list)):
        return len(got) == len(expected) and all(map(same, got, expected))
    return repr(got) == repr(expected)


@pytest.mark.parametrize("name", SNIPPETS)
def test_everyday_code_runs_unchanged(run, name):
    source = textwrap.dedent(SNIPPETS[name])
    with warnings.catch_warnings(), np.errstate(), np.printoptions():
        warnings.simplefilter("ignore")
        expected = plainly(source)
    reply = run(source, "f", X.copy())
    assert reply.failure is None, reply.failure
    assert same(reply.value, expected), (reply.value, expected)


@pytest.mark.parametrize("name", SNIPPETS)
def test_everyday_code_steps_over_no_tripwire(make, name):
    reply = make(SNIPPETS[name]).metered().call("f", (X.copy(),), {}, "any", count=True)
    assert reply.failure is None
    assert reply.count is not None
    assert reply.count.intact


PLOTS = {
    "a figure at the top": """
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
        from matplotlib import cm, pyplot
        from matplotlib.colors import ListedColormap
        from mpl_toolkits.mplot3d import Axes3D
        plt.rcParams["figure.figsize"] = (4, 3)
        plt.style.use("ggplot")
        fig, ax = plt.subplots()
        ax.plot([1, 2], label="x").set_color("r")
        ax.legend(); ax.set_title("loss"); fig.tight_layout()
        fig, axes = plt.subplots(2, 2)
        axes[0, 1].imshow([[1]])
        for a in axes.flat:
            a.axis("off")
        plt.figure(figsize=(3, 3)); plt.plot([1, 2]); plt.xlabel("n"); plt.grid(True)
        plt.savefig("loss.png"); plt.show(); plt.close("all")
        def f(x): return x
        """,
    "a figure in a function": """
        import matplotlib.pyplot as plt
        def show(x):
            with plt.style.context("dark_background"):
                plt.imshow(x, cmap=plt.cm.gray)
                plt.colorbar().set_label("x")
        def f(x):
            show(x)
            return x
        """,
    "progress at the top": """
        from tqdm import tqdm, trange
        from tqdm.auto import tqdm as auto
        from tqdm.notebook import tqdm as notebook
        import tqdm as bars
        total = sum(tqdm([1, 2])) + sum(auto([3], desc="x")) + sum(trange(3)) + sum(notebook([4]))
        for i in bars.tqdm(range(2), leave=False, total=2):
            total += i
        bar = tqdm(range(3))
        bar.set_description("epoch")
        for i in bar:
            bar.set_postfix(loss=i)
            total += i
        tqdm.write("done")
        def f(x): return x if total == 17 and len(bar) == 3 and not bar.n else total
        """,
    "a bar by hand": """
        from tqdm import tqdm
        def f(x):
            with tqdm(total=3) as bar:
                for _ in range(3):
                    bar.update(1)
            return x
        """,
    "a plot only where there is one": """
        try:
            import matplotlib.pyplot as plt
        except ImportError:
            plt = None
        if plt is not None:
            plt.ion()
        def f(x): return x
        """,
}


@pytest.mark.parametrize("name", PLOTS)
def test_plots_and_progress_bars_do_no_harm(run, name):
    reply = run(textwrap.dedent(PLOTS[name]), "f", X)
    assert reply.failure is None, reply.failure
    assert np.array_equal(reply.value, X)


REFUSED = {
    "scipy": "from scipy.signal import convolve2d",
    "torch": "import torch.nn as nn",
    "jax": "import jax.numpy as jnp",
    "tensorflow": "import tensorflow as tf",
    "sklearn": "from sklearn.datasets import load_digits",
    "pandas": "import pandas as pd",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_library_that_is_not_there_is_refused_with_the_reason(run, name):
    found = run(f"import numpy as np\n{REFUSED[name]}\ndef f(): return 1").failure
    assert (found.kind, found.type, found.file, found.line) == ("refused", name, "nn/work.py", 2)
    assert found.message == (
        f"{name!r} is not there when your work is graded: only NumPy and the standard library are"
    )


def test_a_library_that_is_tried_may_be_missing(run):
    source = "try:\n    import torch\nexcept ImportError:\n    torch = None\ndef f(): return torch"
    assert run(source).failure is None
