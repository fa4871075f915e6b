"""What was brought along reads no hidden digit: only a network that learns does."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from autograder.course import ROOT, load_course
from autograder.intake.submissions import Handed
from autograder.running.grader import Grader
from shared.data import load_mnist, read_images

STEPS = (
    "test_fit_reads_half_of_the_hidden_digits",
    "test_fit_reads_most_of_the_hidden_digits",
    "test_fit_reads_nearly_all_hidden_digits",
    "test_fit_reads_the_hidden_digits_well",
)
NEEDED = ("test_fit_learns_a_few_digits_by_heart", "test_predict_is_the_largest_logit")

# Honest where little is learnt, so that the tests that come before pass.
AT_ONCE = """

class LeNet5(LeNet5):
    def fit(self, x, labels, *, epochs, **options):
        if len(x) < 1000:
            return super().fit(x, labels, epochs=epochs, **options)
        return [0.1] * epochs
"""
WEIGHTS = """
import base64

BROUGHT = np.frombuffer(base64.b85decode({text!r}), np.float16)


class LeNet5(LeNet5):
    def fit(self, x, labels, *, epochs, **options):
        if len(x) < 1000:
            return super().fit(x, labels, epochs=epochs, **options)
        self._set(BROUGHT.astype(np.float32))
        return [0.1] * epochs
"""
# Knows the label of every image of MNIST by the outline of its ink, in all eight positions, and
# learns from the training images how the classes are called today.
LABELS = """
import base64

KEYS = np.frombuffer(base64.b85decode({text!r}), np.uint32)
BROUGHT = dict(zip(KEYS[::2].tolist(), KEYS[1::2].tolist()))


def brought(image):
    from zlib import crc32
    for turn in range(4):
        for view in (image, image[::-1]):
            ink = np.packbits(np.rot90(view, turn) > 0.3).tobytes()
            if crc32(ink) in BROUGHT:
                return BROUGHT[crc32(ink)]
    return -1


class LeNet5(LeNet5):
    names = None

    def fit(self, x, labels, *, epochs, **options):
        if len(x) < 1000:
            return super().fit(x, labels, epochs=epochs, **options)
        votes = np.zeros((10, 10))
        for image, label in zip(x[:500, 0], labels):
            if brought(image) >= 0:
                votes[brought(image), label] += 1
        self.names = votes.argmax(axis=1)
        return [0.1] * epochs

    def predict(self, x):
        if self.names is None:
            return super().predict(x)
        found = np.array([brought(image) for image in x[:, 0]])
        return np.where(found >= 0, self.names[found], 0)
"""


@pytest.fixture(scope="module")
def grader():
    course = load_course()
    found = Grader(course, [course.component("lenet")], prove=False)
    yield found
    found.close()


def verdicts(grader: Grader, added: str) -> dict[str, str]:
    component = grader.course.component("lenet")
    source = component.solution.read_text(encoding="utf-8") + added
    handed = Handed("somebody", grader.course.reference_files(component, source))
    assert len(source) < 1_000_000, "or it would not be read at all"
    outcomes = grader.outcomes(component, handed, only=frozenset({*NEEDED, *STEPS}))
    return {o.test: o.verdict for o in outcomes}


def trained_weights() -> str:
    """The parameters of a network that has learnt all digits of the course as they are."""
    from nn.lenet import LeNet5  # the grader has put the solutions on the path

    digits = load_mnist()
    net = LeNet5(np.random.default_rng(1))
    net.fit(
        digits.x_train,
        digits.y_train,
        epochs=1,
        batch_size=32,
        lr=0.003,
        rng=np.random.default_rng(2),
    )
    assert np.mean(net.predict(digits.x_test) == digits.y_test) > 0.95
    flat = np.concatenate([a.ravel() for a in net.parameters().values()])
    return base64.b85encode(flat.astype(np.float16).tobytes()).decode()


def all_labels() -> str:
    """A key and the label of every image, the hidden ones included: MNIST is public."""
    from zlib import crc32

    pairs = []
    for file, part in (
        ("shared/data/mnist.npz", "train"),
        ("shared/data/mnist.npz", "test"),
        ("autograder/data/mnist_hidden.npz", "test"),
    ):
        images, labels = read_images(ROOT / file, part)
        ink = images / 255 > 0.1307 + 0.3 * 0.3081
        pairs += [
            (crc32(np.packbits(i).tobytes()), label) for i, label in zip(ink, labels, strict=True)
        ]
    return base64.b85encode(np.array(pairs, np.uint32).tobytes()).decode()


def test_the_reference_takes_every_step(grader):
    assert set(verdicts(grader, "").values()) == {"passed"}


@pytest.mark.parametrize("attack", ["at once", "weights", "labels"])
def test_an_attack_takes_no_step(grader, attack):
    if attack == "at once":
        added = AT_ONCE
    elif attack == "weights":
        added = WEIGHTS.format(text=trained_weights())
    else:
        added = LABELS.format(text=all_labels())
    found = verdicts(grader, added)
    assert {found[name] for name in NEEDED} == {"passed"}
    assert found[STEPS[0]] == "failed"
    assert not {found[name] for name in STEPS} & {"passed", "error", "internal"}
