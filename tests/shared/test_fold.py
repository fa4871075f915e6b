"""Lines are broken between words where a terminal would break them in the middle of one."""

import pytest

from shared.report import LEAST, fold

TEXT = "It is right where one window has looked, and wrong where several have: add up."


def test_what_fits_and_what_has_no_terminal_stays_as_it_is():
    assert fold(TEXT, 0, "  ", "    ") == f"  {TEXT}"
    assert fold(TEXT, 200, "  ", "    ") == f"  {TEXT}"


@pytest.mark.parametrize("width", [30, 40, 79, 80])
def test_every_line_fits_and_no_word_is_broken(width):
    folded = fold(TEXT, width, "  ", "    ")
    assert all(len(line) <= width for line in folded.splitlines())
    assert folded.split() == TEXT.split()
    assert all(line.startswith("    ") for line in folded.splitlines()[1:])


def test_a_word_that_is_longer_than_the_line_stays_whole():
    path = "tests/test_conv.py::test_conv2d_backward_dx_with_stride_and_padding"
    assert path in fold(f"run this: {path}", 40).split()


def test_a_terminal_of_no_width_to_speak_of_is_endured():
    assert max(map(len, fold(TEXT, 3, "", " " * 30).splitlines())) <= 30 + LEAST
