"""Is the reference right? Every kernel beside torch, on hundreds of random configurations.

    python benchmarks/golden.py [--configurations N]    compare, and write the golden outputs
    python benchmarks/golden.py --check [--json]        compare with the golden outputs: no torch

The error is the largest difference over the largest number of torch's result. The golden outputs
are torch's, in float64, of the first configurations of each kernel; their inputs are drawn anew
from seeds when they are compared with.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import zlib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "solutions")]

from autograder.onethread import ONE_THREAD  # noqa: E402

os.environ.update(ONE_THREAD)

import numpy as np  # noqa: E402

from autograder.files import write_whole  # noqa: E402
from benchmarks.goldens import Arrays, Kernel, Settings, all_kernels  # noqa: E402

GOLDEN = ROOT / "tests" / "golden" / "kernels.npz"
KEPT = 3  # configurations of each kernel whose outputs are stored
DTYPES = ("float32", "float64")
LIMITS = {"float32": 1e-4, "float64": 1e-9}

Errors = dict[str, dict[str, float]]  # "kernel part" -> dtype -> error


def configuration(kernel: Kernel, number: int) -> tuple[Arrays, Settings]:
    """The arrays, in float64, and the settings: the same on every machine."""
    return kernel.draw(np.random.default_rng([zlib.crc32(kernel.name.encode()), number]))


def cast(arrays: Arrays, dtype: str) -> Arrays:
    """Floating arrays in a dtype; labels stay as they are."""
    return {k: a.astype(dtype) if a.dtype.kind == "f" else a for k, a in arrays.items()}


def fingerprint(arrays: Arrays) -> Any:
    """What tells whether the inputs are still those of the golden outputs."""
    return np.array([np.sum(a, dtype=np.float64) for a in arrays.values()])


def error(got: Any, expected: Any) -> float:
    """The largest difference, relative to the largest number expected."""
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        return float("inf")
    scale = max(float(np.max(np.abs(expected), initial=0)), np.finfo(np.float64).tiny)
    found = float(np.max(np.abs(got - expected), initial=0)) / scale
    return found if found == found else float("inf")


def note(errors: Errors, kernel: str, dtype: str, got: Arrays, expected: Arrays) -> None:
    if sorted(got) != sorted(expected):
        raise ValueError(f"{kernel}: results {sorted(got)}, but torch's {sorted(expected)}")
    for part, value in expected.items():
        if np.asarray(got[part]).dtype != dtype and np.asarray(got[part]).ndim:
            found = float("inf")  # the dtype of the input is to be kept
        else:
            found = error(got[part], value)
        row = errors.setdefault(f"{kernel} {part}", {})
        row[dtype] = max(row.get(dtype, 0.0), found)


def theirs(torch: Any, kernel: Kernel, arrays: Arrays, settings: Settings) -> Arrays:
    tensors = {k: torch.from_numpy(np.array(a)) for k, a in arrays.items()}
    for tensor in tensors.values():
        tensor.requires_grad_(tensor.is_floating_point())
    found = kernel.theirs(torch, tensors, settings)
    return {k: v.detach().numpy() if torch.is_tensor(v) else v for k, v in found.items()}


def compare(kernels: list[Kernel], configurations: int) -> tuple[Errors, Arrays]:
    """Errors beside torch, and the golden outputs."""
    try:
        import torch
    except ImportError:
        sys.exit(
            "torch is not installed in this environment. To compare with it, install the "
            "dependency group (some 200 MB in its CPU build):\n"
            "    .venv/bin/python -m pip install --group torch\n"
            "`make test` compares with stored outputs and does not need it."
        )
    torch.set_num_threads(1)
    errors: Errors = {}
    golden: Arrays = {}
    for kernel in kernels:
        for number in range(min(configurations, kernel.configurations)):
            arrays, settings = configuration(kernel, number)
            for dtype in DTYPES:
                inputs = cast(arrays, dtype)
                expected = theirs(torch, kernel, inputs, settings)
                note(errors, kernel.name, dtype, kernel.ours(inputs, settings), expected)
            if number < KEPT:
                golden[f"{kernel.name}/{number}/ "] = fingerprint(arrays)
                golden |= {f"{kernel.name}/{number}/{k}": v for k, v in expected.items()}
    golden["made by"] = np.array(
        f"benchmarks/golden.py (`make golden`): torch {torch.__version__}, float64, "
        f"NumPy {np.__version__}"
    )
    return errors, golden


def check(kernels: list[Kernel], file: Path) -> Errors:
    """Errors beside the golden outputs."""
    with np.load(file, allow_pickle=False) as stored:
        golden = dict(stored)
    errors: Errors = {}
    for kernel in kernels:
        for number in range(KEPT):
            prefix = f"{kernel.name}/{number}/"
            expected = {
                k.removeprefix(prefix): v for k, v in golden.items() if k.startswith(prefix)
            }
            arrays, settings = configuration(kernel, number)
            inputs_then = expected.pop(" ", None)
            if inputs_then is None:
                sys.exit(f"{file} holds nothing of {kernel.name}: run `make golden`")
            if error(fingerprint(arrays), inputs_then) > 1e-12:
                sys.exit(
                    f"{kernel.name}: the inputs are not those of {file}: what draws them has "
                    "changed, or NumPy's generators have; run `make golden`"
                )
            for dtype in DTYPES:
                results = kernel.ours(cast(arrays, dtype), settings)
                note(errors, kernel.name, dtype, results, expected)
    return errors


def packed(golden: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **golden)
    return buffer.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--configurations", type=int, default=500)
    parser.add_argument("--check", action="store_true", help="compare with the golden outputs")
    parser.add_argument("--file", type=Path, default=GOLDEN, help="where they are")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    kernels, missing = all_kernels()
    if arguments.check:
        errors = check(kernels, arguments.file)
    else:
        errors, golden = compare(kernels, arguments.configurations)
        write_whole(arguments.file, packed(golden))
    faults = [
        row for row, by in errors.items() if any(by[dtype] > LIMITS[dtype] for dtype in DTYPES)
    ]
    if arguments.json:
        print(json.dumps({"errors": errors, "faults": faults, "left out": missing}, indent=1))
        sys.exit(bool(faults))
    print(f"{'largest relative error':<44}" + "".join(f"{dtype:>10}" for dtype in DTYPES))
    for row, by in errors.items():
        print(f"{row:<44}" + "".join(f"{by[dtype]:10.0e}" for dtype in DTYPES))
    for line in missing:
        print(line)
    if not arguments.check:
        print(f"written: {arguments.file} ({arguments.file.stat().st_size / 1000:.0f} kB)")
    if faults:
        limits = ", ".join(f"{dtype} {limit:.0e}" for dtype, limit in LIMITS.items())
        sys.exit(f"above the limits ({limits}): {', '.join(faults)}")


if __name__ == "__main__":
    main()
