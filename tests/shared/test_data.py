"""The digits that ship with the course, and what is said when their file is damaged."""

import hashlib

import numpy as np
import pytest

from autograder.course import ROOT
from shared.data import MNIST, DataProblem, load_mnist, read_images


def test_the_digits_are_centred_and_scaled():
    digits = load_mnist()
    assert digits.x_train.shape == (10_000, 1, 28, 28)
    assert digits.x_test.shape == (5_000, 1, 28, 28)
    for x, y in ((digits.x_train, digits.y_train), (digits.x_test, digits.y_test)):
        assert x.dtype == np.float32
        assert abs(x.mean()) < 0.02
        assert abs(x.std() - 1) < 0.02
        assert y.dtype == np.int64
        assert np.bincount(y).min() > 0.08 * len(y)
        assert len(np.bincount(y)) == 10


def test_what_one_caller_changes_no_other_sees():
    digits = load_mnist()
    before = digits.x_train[:3].copy(), digits.y_train[:3].copy()
    digits.x_train[:3], digits.y_train[:3] = 0, 0
    again = load_mnist()
    assert np.array_equal(again.x_train[:3], before[0])
    assert np.array_equal(again.y_train[:3], before[1])


@pytest.mark.parametrize("folder", ["shared/data", "autograder/data"])
def test_the_notice_beside_a_file_is_about_that_file(folder):
    (file,) = (ROOT / folder).glob("*.npz")
    notice = (ROOT / folder / "NOTICE.md").read_text(encoding="utf-8")
    assert hashlib.sha256(file.read_bytes()).hexdigest() in notice
    assert f"{file.stat().st_size:,} bytes" in notice
    assert "Creative Commons Attribution-Share Alike 3.0" in notice


def test_a_missing_file_is_called_so(tmp_path):
    with pytest.raises(DataProblem, match=r"gone\.npz is missing: copy it anew"):
        read_images(tmp_path / "gone.npz", "train")


def test_a_damaged_file_is_called_so(tmp_path):
    whole = MNIST.read_bytes()
    middle = len(whole) // 2
    for number, damaged in enumerate(
        (
            b"",
            whole[:middle],
            whole[:middle] + bytes(100) + whole[middle + 100 :],
            b"version https://git-lfs.github.com/spec/v1\n",
        )
    ):
        file = tmp_path / f"{number}.npz"
        file.write_bytes(damaged)
        with pytest.raises(DataProblem, match="is damaged"):
            read_images(file, "train")


def test_a_file_of_something_else_is_called_so(tmp_path):
    np.savez(tmp_path / "other.npz", x_train=np.zeros((3, 28, 27), np.uint8), y_train=np.zeros(3))
    with pytest.raises(DataProblem, match="holds no images of 28 x 28"):
        read_images(tmp_path / "other.npz", "train")
    with pytest.raises(DataProblem, match="is damaged"):
        read_images(tmp_path / "other.npz", "test")
