"""An exception of a student's code: its kind, its line, its frames, and a text that is safe."""

from __future__ import annotations

import textwrap

import pytest

from shared.invoke import MAX_TEXT, describe, invoke


def _error(source, call="f()"):
    """The error of a student's file called nn/work.py, with a library's frame under it."""
    student, library = {}, {}
    exec(compile("def call(f):\n    return f()\n", "/lib/other.py", "exec"), library)
    student["library"] = library
    exec(compile(textwrap.dedent(source), "/home/nn/work.py", "exec"), student)
    return describe(
        invoke(lambda: eval(call, student), (), {}).error, lambda file: file == "/home/nn/work.py"
    )


def test_only_the_students_frames_are_shown():
    failure = _error(
        """
        def g():
            raise ValueError("bad shape")

        def f():
            return library["call"](g)
        """
    )
    assert (failure.kind, failure.type, failure.message) == ("raised", "ValueError", "bad shape")
    assert (failure.file, failure.line) == ("/home/nn/work.py", 3)
    assert "/lib/other.py" not in failure.traceback
    assert "invoke" not in failure.traceback
    assert failure.traceback.count("/home/nn/work.py") == 2
    assert failure.traceback.endswith("ValueError: bad shape")


def test_the_students_line_is_named_when_a_library_raised():
    failure = _error("import numpy as np\ndef f():\n    return np.ones((2, 3)) @ np.ones((2, 3))")
    assert failure.line == 3
    failure = _error("def f():\n    return library['call'](lambda: 1 / 0)")
    assert failure.line == 2


KINDS = [
    ("raise NotImplementedError('f')", "unfinished", "NotImplementedError"),
    ("raise MemoryError", "memory", "MemoryError"),
    ("import numpy; numpy.empty(2**57)", "memory", "MemoryError"),
    ("raise SystemExit(3)", "exited", "SystemExit"),
    ("exit()", "exited", "SystemExit"),
    ("f()", "raised", "RecursionError"),
    ("raise GeneratorExit", "raised", "GeneratorExit"),
    ("raise ExceptionGroup('two', [ValueError(), TypeError()])", "raised", "ExceptionGroup"),
    ("exec('x = = 1')", "raised", "SyntaxError"),
]


@pytest.mark.parametrize(("body", "kind", "name"), KINDS, ids=[c[0] for c in KINDS])
def test_each_way_to_fail_has_its_kind(body, kind, name):
    failure = _error(f"def f():\n    {body}\n")
    assert (failure.kind, failure.type, failure.line) == (kind, name, 2)
    assert len(failure.traceback) < 5000


ODD = """
class Odd(Exception):
    def __str__(self):
        {body}

def f():
    raise Odd("secret")
"""


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise KeyError(1)", "<its text could not be made: KeyError>"),
        ("raise SystemExit", "<its text could not be made: SystemExit>"),
        ("return 3", "<its text could not be made: TypeError>"),
        ("return str(self)", "<its text could not be made: RecursionError>"),
    ],
)
def test_an_exception_whose_text_raises_is_told_all_the_same(body, says):
    failure = _error(ODD.format(body=body))
    assert (failure.kind, failure.type, failure.message) == ("raised", "Odd", says)


def test_long_texts_are_cut():
    failure = _error("def f():\n    raise ValueError('x' * 10**7)")
    assert failure.message == "x" * MAX_TEXT + "…"
    failure = _error("def f():\n    raise type('N' * 10**6, (Exception,), {})")
    assert len(failure.type) <= MAX_TEXT + 1
    assert len(failure.traceback) < 3 * MAX_TEXT


def test_control_characters_do_not_reach_a_terminal():
    failure = _error(
        "def f():\n    raise type('A\\x1b[2JB', (Exception,), {})('\\x1b[31mred\\r\\u202e\\ud800')"
    )
    assert failure.type == "A�[2JB"
    assert failure.message == "�[31mred���"
    assert "\x1b" not in failure.traceback


def test_an_exception_without_a_text_ends_with_its_name():
    assert _error("def f():\n    raise ValueError").traceback.endswith("\nValueError")
