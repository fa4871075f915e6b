"""How fast the reference is: every kernel beside torch, and beside the peak of NumPy's own BLAS.

    python benchmarks/kernels.py [--only WORD] [--dtype float32] [--seconds S] [--as-is] [--json]

Both sides have one thread and are called in turn, round by round. A ratio is the median over the
rounds of our CPU time over torch's, so it bears a busy machine; below 1 the reference is faster.
For products of matrices the table also has our share of the peak: that of one large product by the
BLAS that NumPy comes with.

NumPy's BLAS picks its kernels by the processor, and the table says which. An environment that picks
others (OPENBLAS_CORETYPE=Haswell halves the peak of a processor with AVX-512, and torch takes no
notice) would measure the environment: such variables are left out, unless `--as-is` is given.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "solutions")]

from autograder.onethread import ONE_THREAD  # noqa: E402

os.environ.update(ONE_THREAD)

CHOICES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # OpenBLAS reads them when it is loaded
LEFT_OUT = [name for name in CHOICES if name in os.environ and "--as-is" not in sys.argv]
for _name in LEFT_OUT:
    del os.environ[_name]

import numpy as np  # noqa: E402

SHORTEST = 1e-3  # seconds that one reading lasts at least; shorter calls are repeated
DTYPES = ("float32", "float64")


def seconds(work: Callable[[], object], times: int) -> float:
    """CPU seconds of one call, from several in a row."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def measure(case: Any, budget: float) -> dict[str, Any]:
    """The figures of one case, from as many rounds as fit the budget, three at least."""
    once = {name: seconds(work, 2) for name, work in _sides(case).items()}  # the first call warms
    times = {name: 1 + int(SHORTEST / max(value, 1e-7)) for name, value in once.items()}
    readings: dict[str, list[float]] = {"ours": [], "theirs": []}
    end = time.process_time() + budget
    while len(readings["ours"]) < 3 or time.process_time() < end:
        for name, work in _sides(case).items():
            readings[name].append(seconds(work, times[name]))
    pairs = list(zip(readings["ours"], readings["theirs"], strict=True))
    return {
        "kernel": case.kernel,
        "shape": case.shape,
        "rounds": len(pairs),
        "ratio": statistics.median(ours / theirs for ours, theirs in pairs),
        "ours_ms": 1e3 * statistics.median(readings["ours"]),
        "torch_ms": 1e3 * statistics.median(readings["theirs"]),
        "flops": case.flops,
    }


def _sides(case: Any) -> dict[str, Callable[[], object]]:
    return {"ours": case.ours, "theirs": case.theirs}


def peaks(dtype: str) -> dict[str, float]:
    """Billions of operations a second in one large product, NumPy's and torch's: the best of 7."""
    import torch

    n = 1024
    a = np.random.default_rng(0).standard_normal((n, n)).astype(dtype)
    ta = torch.from_numpy(a.copy())
    return {
        "numpy": 2e-9 * n**3 / min(seconds(lambda: a @ a, 1) for _ in range(7)),
        "torch": 2e-9 * n**3 / min(seconds(lambda: ta @ ta, 1) for _ in range(7)),
    }


def blas_core() -> str:
    """Which processor's kernels NumPy's OpenBLAS has taken."""
    from numpy.linalg import _umath_linalg

    try:
        corename = ctypes.CDLL(_umath_linalg.__file__).scipy_openblas_get_corename64_
    except AttributeError:
        return "unknown"
    corename.restype = ctypes.c_char_p
    return str(corename().decode())


def run(dtype: str, only: str, budget: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure every case of a dtype, and say each as it is done."""
    from benchmarks import cases

    peak = peaks(dtype)
    say(f"{dtype}: NumPy's BLAS has kernels for {blas_core()}")
    say(f"{dtype}: peak of one product {peak['numpy']:.0f} GF/s, torch's {peak['torch']:.0f} GF/s")
    found: list[dict[str, Any]] = []
    for generator in cases.ALL:
        try:
            for case in generator(cases.Draw(dtype)):
                if only in f"{case.kernel} {case.shape}":
                    figures = measure(case, budget)
                    if case.flops:
                        rate = case.flops / figures["ours_ms"] / 1e6
                        figures["share_of_peak"] = rate / peak["numpy"]
                        figures["torch_gflops"] = case.flops / figures["torch_ms"] / 1e6
                    found.append(figures)
                    say(line(figures))
        except ImportError as error:
            say(f"{generator.__name__}: left out, {error}")
    return {"dtype": dtype, "peak_gflops": peak, "cases": found, "means": means(found)}


def means(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each kernel: the geometric mean of its ratios, and the worst."""
    kernels: dict[str, list[float]] = {}
    for figures in found:
        kernels.setdefault(figures["kernel"], []).append(figures["ratio"])
    return [
        {
            "kernel": kernel,
            "shapes": len(ratios),
            "mean": statistics.geometric_mean(ratios),
            "worst": max(ratios),
        }
        for kernel, ratios in kernels.items()
    ]


def line(figures: dict[str, Any]) -> str:
    text = (
        f"{figures['kernel']:<33} {figures['shape']:<30} {figures['ours_ms']:9.3f} ms"
        f" {figures['torch_ms']:9.3f} ms {figures['ratio']:6.2f}"
    )
    if figures["flops"]:
        text += f" {figures['share_of_peak']:6.0%} {figures['torch_gflops']:5.0f} GF/s"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="cases whose name and shape hold this text")
    parser.add_argument("--dtype", choices=DTYPES, help="one dtype; both when not given")
    parser.add_argument("--seconds", type=float, default=0.5, help="CPU time for each case")
    parser.add_argument("--as-is", action="store_true", help="keep the environment's BLAS kernels")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    try:
        import torch
    except ImportError:
        sys.exit("torch is not installed; `make golden` says how to get it")
    torch.set_num_threads(1)
    torch.set_grad_enabled(True)

    def say(text: str) -> None:
        if not arguments.json:
            print(text, flush=True)

    for name in LEFT_OUT:
        say(f"{name} of the environment is left out (--as-is keeps it)")
    say(f"{'kernel':<33} {'shape':<30} {'ours':>12} {'torch':>12} ratio  share of peak, torch")
    results = []
    for dtype in [arguments.dtype] if arguments.dtype else DTYPES:
        result = run(dtype, arguments.only, arguments.seconds, say)
        results.append(result)
        say(f"\n{dtype}: geometric mean of the ratios")
        for mean in result["means"]:
            say(
                f"{mean['kernel']:<33} {mean['shapes']:3} shape(s) {mean['mean']:6.2f}, "
                f"worst {mean['worst']:.2f}"
            )
        say("")
    if arguments.json:
        found = {"torch": torch.__version__, "numpy": np.__version__, "blas": blas_core()}
        print(json.dumps(found | {"left_out": LEFT_OUT, "runs": results}))


if __name__ == "__main__":
    main()
