"""What disturbs the counting of Python work is seen in a submission's text."""

from __future__ import annotations

import pytest

from autograder.intake.meddling import meddles
from autograder.intake.reach import classes_of, reachable
from shared.definitions import read_pieces


@pytest.mark.parametrize(
    "source",
    [
        "import sys\ndef f(): sys.settrace(None)",
        "from sys import settrace as quiet",
        "import sys\nsys.monitoring.set_events(3, 0)",
        "getattr(__import__('sys'), 'settrace')(None)",
        "import ctypes.util",
        "from ctypes import pythonapi",
        "import sys\nsys._getframe().f_trace = None",
        "from sys import *\ndef f(): settrace(None)",
        "import sys\nsys.\N{FULLWIDTH LATIN SMALL LETTER S}ettrace(None)",
        "def f(error): return error.__traceback__.tb_frame.f_back",
        "import os\nos.writev(4, [b'x'])",
        "import gc\ngc.get_objects()",
    ],
)
def test_means_of_meddling_are_seen(source):
    assert meddles(["x = 1", source])


@pytest.mark.parametrize(
    "source",
    [
        "# sys.settrace(None) is not allowed",
        "'''Uses no ctypes.'''",
        "monitoring = [1.0]\nmonitoring.append(2.0)",
        "import gc\ngc.collect()",
        "import traceback\ndef f(): traceback.print_exc()",
        "import numpy as np\ndef f(x, name): return getattr(np, name)(x)",
        "import inspect\ndef f(g): return inspect.signature(g)",
        "def broken(:",
        "x = 1\0",
        "",
    ],
)
def test_honest_code_and_what_is_no_code_are_not(source):
    assert not meddles([source])


# The parser takes minutes for these, which a file of this size may hold.
BOMBS = {
    "a text of many fields": "f'" + "{x}" * 60_000 + "'",
    "a name of many parts": "import " + ".".join("a" * 60_000),
    "a text of many letters": "x = '" + "a" * 300_000 + "'",
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_takes_the_parser_for_ever_is_not_parsed(name):
    files = {"nn/conv.py": BOMBS[name], "nn/pool.py": "x = 1"}
    assert meddles([BOMBS[name]])
    assert reachable(["conv"], files) == files
    assert classes_of(BOMBS[name]) == frozenset()
    with pytest.raises(SyntaxError, match="too long"):
        read_pieces(BOMBS[name])


def test_a_name_of_many_parts_is_followed_as_far_as_folders_go():
    files = {"nn/conv.py": "import " + ".".join("a" * 9_000), "a/a.py": "x = 1"}
    assert reachable(["conv"], files) == files
