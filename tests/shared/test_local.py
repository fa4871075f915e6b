"""The backend of a laptop: loading, copies, tracebacks, and the copy that is counted."""

from __future__ import annotations

import sys
from functools import reduce

import numpy as np
import pytest

from shared.calls import Failure, Foreign
from shared.local import LocalBackend


def _call(backend, name="f", *args, returns="any", **kwargs):
    return backend.call(name, args, kwargs, returns)


def _failure(backend, *args):
    failure = _call(backend, "f", *args).failure
    assert failure is not None
    return failure


def test_a_function_is_called(backend):
    reply = _call(backend("def f(x, k=2):\n    return k * x"), "f", np.ones(2), k=3)
    assert reply.failure is None
    assert reply.value.tolist() == [3, 3]
    assert reply.cpu_seconds >= 0


@pytest.mark.parametrize(
    ("source", "name", "line", "text"),
    [
        ("x = 1\ny = 1 / 0\n", "ZeroDivisionError", 2, "division by zero"),
        ("import numpy as np\n\ndef f(x)\n    return x\n", "SyntaxError", 3, "expected ':'"),
        ("def f(x):\nreturn x\n", "IndentationError", 2, "expected an indented block"),
        ("import no_such_library\n", "ModuleNotFoundError", 1, "no_such_library"),
        ("from nn import nowhere\n", "ImportError", 1, "nowhere"),
        ("\nraise NotImplementedError('f')\n", "NotImplementedError", 2, "f"),
        ("\n\nraise SystemExit(2)\n", "SystemExit", 3, "2"),
    ],
)
def test_a_file_that_cannot_be_loaded_says_where_and_why(backend, source, name, line, text):
    failure = _failure(backend(source))
    assert (failure.kind, failure.type, failure.line) == ("import", name, line)
    assert failure.file == "nn/work.py"
    assert text in failure.message
    assert "shared" not in failure.traceback
    assert "importlib" not in failure.traceback


def test_an_error_in_another_file_of_the_student_names_that_file(backend):
    failure = _failure(backend("from nn.other import g", other="\nimport numpy as np\n1 / 0\n"))
    assert (failure.kind, failure.file, failure.line) == ("import", "nn/other.py", 3)


def test_a_file_that_is_not_there_is_told_from_one_that_cannot_be_loaded(backend, tmp_path):
    backend("")
    missing = LocalBackend("elsewhere", tmp_path)
    assert _failure(missing) == Failure("absent", file="nn/elsewhere.py")


def test_a_missing_function_is_missing(backend):
    assert _failure(backend("g = 1")).kind == "missing"


def test_a_traceback_holds_the_students_frames_only(backend):
    source = """\
        import numpy as np

        def g(x):
            return np.linalg.inv(x)

        def f(x):
            return g(x)
    """
    failure = _failure(backend(source), np.ones((2, 3)))
    assert (failure.kind, failure.type) == ("raised", "LinAlgError")
    assert (failure.file, failure.line) == ("nn/work.py", 4)
    assert failure.traceback.count('File "') == 2
    assert "line 7, in f\n    return g(x)" in failure.traceback
    assert "numpy" not in failure.traceback.split("return np")[0]


def test_a_folder_may_have_any_letters(backend, tmp_path):
    folder = tmp_path / "Учёба – мои файлы ü"
    failure = _failure(backend("def f():\n    ошибка()\n", folder=folder))
    assert (failure.type, failure.file, failure.line) == ("NameError", "nn/work.py", 2)
    assert "ошибка" in failure.message


STATE = """
    from nn.other import bump

    def f():
        return bump()

    def late():
        from nn.other import bump
        return bump()
"""
OTHER = """
    count = 0

    def bump():
        global count
        count += 1
        return count
"""


def test_the_counted_copy_and_the_plain_one_do_not_mix(backend):
    plain = backend(STATE, other=OTHER)
    metered = plain.metered()
    assert [_call(plain).value for _ in range(3)] == [1, 2, 3]
    loaded = {name: m for name, m in sys.modules.items() if name.startswith("nn")}
    assert _call(metered).value == 1
    # An import inside a function, when the file itself has long been loaded.
    assert _call(metered, "late").value == 2
    assert _call(plain, "late").value == 4
    assert {name: m for name, m in sys.modules.items() if name.startswith("nn")} == loaded


LATE = """
    def f():
        from nn.other import driver
        return driver
"""


def test_what_the_counted_copy_imports_late_stays_with_it(backend):
    plain = backend(LATE, other="from functools import reduce as driver")
    metered = plain.metered()
    twin = _call(metered, returns="opaque").value
    assert metered._kept[twin._key] is not reduce
    original = _call(plain, returns="opaque").value
    assert plain._kept[original._key] is reduce


def test_a_handle_of_one_copy_is_refused_by_the_other(backend):
    plain = backend("def f(c):\n    return 1")
    metered = plain.metered()
    with pytest.raises(ValueError, match="another student"):
        _call(metered, "f", plain.generator(1))


LAYOUT = """
    def f(x):
        return (x.strides, bool(x.flags.c_contiguous), bool(x.flags.f_contiguous), str(x.dtype))
"""
LAYOUTS = [
    ("C", np.ones((3, 4)), (True, False)),
    ("Fortran", np.asfortranarray(np.ones((3, 4))), (False, True)),
    ("transposed", np.ones((4, 3, 2)).T, (False, True)),
    ("strided", np.ones((3, 8))[:, ::2], (False, False)),
    ("every other row", np.ones((6, 4))[::2], (False, False)),
    ("axes swapped", np.ones((2, 3, 4)).swapaxes(0, 1), (False, False)),
    ("reversed", np.ones((3, 4))[:, ::-1], (False, False)),
    ("float32", np.ones((3, 8), np.float32)[:, ::2], (False, False)),
    ("without axes", np.array(2.0), (True, True)),
    ("empty", np.ones((0, 3)), (True, True)),
]


@pytest.mark.parametrize(("x", "flags"), [c[1:] for c in LAYOUTS], ids=[c[0] for c in LAYOUTS])
def test_an_array_keeps_its_layout_and_its_values(backend, x, flags):
    layout = _call(backend(LAYOUT), "f", x).value
    assert layout[1:] == (*flags, str(x.dtype))
    x = np.arange(x.size, dtype=x.dtype).reshape(x.shape)
    assert np.array_equal(_call(backend("def f(x):\n    return x"), "f", x).value, x)


def test_what_comes_back_is_a_copy(backend):
    plain = backend("import numpy as np\nkept = np.ones(3)\ndef f():\n    return kept, [kept]")
    first = _call(plain).value
    first[0][:] = 7
    first[1][0][:] = 8
    assert _call(plain).value[0].tolist() == [1, 1, 1]


def test_what_the_test_does_with_its_arrays_does_not_reach_a_cache(backend):
    plain = backend("def f(x):\n    return (x,)\n\ndef g(cache):\n    return cache[0]")
    x = np.ones(3)
    cache = _call(plain, "f", x, returns="opaque").value
    x[:] = 9
    assert _call(plain, "g", cache).value.tolist() == [1, 1, 1]


def test_a_kept_object_is_the_same_object_in_the_next_call(backend):
    plain = backend("def f():\n    return [1]\n\ndef g(c):\n    c.append(2)\n    return len(c)")
    kept = _call(plain, returns="opaque").value
    assert [_call(plain, "g", kept).value for _ in range(3)] == [2, 3, 4]


NO_DATA = [
    ("np.matrix([[1.0]])", "matrix"),
    ("np.ma.array([1.0])", "MaskedArray"),
    ("np.array([None])", "ndarray of object"),
    ("np.array(['a'])", "ndarray of <U1"),
    ("np.zeros(2, np.longdouble)", f"ndarray of {np.dtype(np.longdouble)}"),
    ("np.zeros(2, [('a', float)])", "ndarray of [('a', '<f8')]"),
    ("{1, 2}", "set"),
    ("(i for i in 'ab')", "generator"),
    ("np.random.default_rng(1)", "Generator"),
    ("type('Mine', (list,), {})()", "Mine"),
]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize(("value", "name"), NO_DATA, ids=[c[0] for c in NO_DATA])
def test_what_is_no_data_is_known_by_its_type_only(backend, value, name):
    assert _call(backend(f"import numpy as np\ndef f():\n    return {value}")).value == Foreign(
        name
    )


@pytest.mark.parametrize(
    "value", ["True", "3", "2.5", "1j", "'a'", "None", "(1, [2, {'a': 3}])", "[]"]
)
def test_data_comes_back_as_it_is(backend, value):
    assert _call(backend(f"def f():\n    return {value}")).value == eval(value)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "complex64", "int8", "bool"])
def test_arrays_keep_their_dtype(backend, kind):
    value = _call(backend(f"import numpy as np\ndef f():\n    return np.ones(2, np.{kind})")).value
    assert value.dtype == kind


def test_generators_advance_and_repeat_per_seed(backend):
    plain = backend("def f(rng):\n    return rng.random()")
    first, again = plain.generator(3), plain.generator(3)
    a, b = _call(plain, "f", first).value, _call(plain, "f", first).value
    assert a != b
    assert [_call(plain, "f", again).value for _ in range(2)] == [a, b]
    expected = np.random.default_rng(3)
    assert [a, b] == [expected.random(), expected.random()]


def test_a_namespace_may_stand_for_the_module(tmp_path):
    class Notebook:
        f = staticmethod(lambda x: 2 * x)

    given = LocalBackend("work", tmp_path, module=Notebook)
    assert _call(given, "f", np.ones(1)).value.tolist() == [2]
    assert _call(given.metered(), "f", np.ones(1)).value.tolist() == [2]
    assert _call(given, "g").failure.kind == "missing"
