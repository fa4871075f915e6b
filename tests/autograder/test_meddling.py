"""What disturbs the counting of Python work is seen in a submission's text."""

from __future__ import annotations

import pytest

from autograder.intake.meddling import meddles


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
