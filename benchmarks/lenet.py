"""How well LeNet reads digits after how many seconds: accuracy over CPU time, on one thread.

    python benchmarks/lenet.py [--seeds N] [--old] [--full DIR] [--json]

Without `--full` it trains on the 10,000 images of `shared/data` and tests on the 5,000 there. With
it, on all 60,000 and the 10,000 test images of MNIST: DIR holds the four idx files, such as
train-images-idx3-ubyte. `--old` measures LeNet1998 instead. Every row is a training of its own from
a new network, since the learning rate falls to 0 at the end of each; the time is that of `fit`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "solutions"), str(ROOT)]

from autograder.onethread import ONE_THREAD  # noqa: E402

os.environ.update(ONE_THREAD)

import numpy as np  # noqa: E402
from nn.lenet import LeNet5, LeNet1998  # noqa: E402

from shared.data import Digits, load_mnist, scaled  # noqa: E402

EPOCHS = {False: (1, 2, 5, 20), True: (1, 2, 4, 8)}  # on 10,000 images, on all
BATCH = {False: 32, True: 64}
LR = 3e-3
OLD_LR = 1.5e-3


@dataclass(frozen=True)
class Run:
    """One training."""

    network: str
    images: int
    epochs: int
    batch: int
    lr: float
    seed: int
    cpu_seconds: float
    step_ms: float
    accuracy: float


def train(digits: Digits, kind: type[LeNet5], epochs: int, batch: int, seed: int) -> Run:
    """Train one network and test it."""
    net = kind(np.random.default_rng(seed))
    lr = OLD_LR if kind is LeNet1998 else LR
    rng = np.random.default_rng([seed, 1])
    start = time.process_time()
    net.fit(digits.x_train, digits.y_train, epochs=epochs, batch_size=batch, lr=lr, rng=rng)
    seconds = time.process_time() - start
    images = len(digits.x_train)
    return Run(
        network=kind.__name__,
        images=images,
        epochs=epochs,
        batch=batch,
        lr=lr,
        seed=seed,
        cpu_seconds=seconds,
        step_ms=1e3 * seconds / (epochs * -(-images // batch)),
        accuracy=float(np.mean(net.predict(digits.x_test) == digits.y_test)),
    )


def load_idx(folder: Path) -> Digits:
    """All of MNIST from its four idx files."""
    return Digits(
        scaled(_idx(folder / "train-images-idx3-ubyte")),
        _idx(folder / "train-labels-idx1-ubyte").astype(np.int64),
        scaled(_idx(folder / "t10k-images-idx3-ubyte")),
        _idx(folder / "t10k-labels-idx1-ubyte").astype(np.int64),
    )


def _idx(file: Path) -> np.ndarray[Any, Any]:
    try:
        data = file.read_bytes()
    except OSError as error:
        sys.exit(f"{file} cannot be read ({error.strerror}): name the folder of the idx files")
    # Two zeros, the type (8 is uint8), the number of axes, then each length as four bytes.
    axes = data[3] if data[:3] == b"\0\0\x08" and len(data) > 3 else 0
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes)]
    if not shape or len(data) != 4 + 4 * axes + np.prod(shape):
        sys.exit(f"{file} is no whole idx file of bytes: unpack it again")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, help="trainings of every row")
    parser.add_argument("--old", action="store_true", help="LeNet1998 instead of LeNet5")
    parser.add_argument("--full", type=Path, metavar="DIR", help="folder of the four idx files")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    full = arguments.full is not None
    digits = load_idx(arguments.full) if full else load_mnist()
    kind = LeNet1998 if arguments.old else LeNet5
    runs: list[Run] = []
    if not arguments.json:
        print(
            f"{kind.__name__}, {len(digits.x_train)} training and {len(digits.x_test)} test "
            f"images, batches of {BATCH[full]}, one thread"
        )
        print(f"{'epochs':>6} {'CPU s':>6} {'ms a step':>9} {'median':>8}  every seed")
    for epochs in EPOCHS[full]:
        found = [train(digits, kind, epochs, BATCH[full], seed) for seed in range(arguments.seeds)]
        runs += found
        if not arguments.json:
            print(
                f"{epochs:>6} {statistics.median(r.cpu_seconds for r in found):>6.1f} "
                f"{statistics.median(r.step_ms for r in found):>9.2f} "
                f"{statistics.median(r.accuracy for r in found):>8.2%}  "
                + " ".join(f"{r.accuracy:.2%}" for r in found),
                flush=True,
            )
    if arguments.json:
        print(json.dumps([asdict(run) for run in runs], indent=1))


if __name__ == "__main__":
    main()
