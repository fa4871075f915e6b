"""What a component can depend on: all that it imports, however; and no more."""

import pytest

from autograder.intake.reach import reachable

FILES = {
    "nn/__init__.py": "",
    "nn/types.py": "Array = object",
    "nn/conv.py": "import numpy as np\nfrom nn.types import Array",
    "nn/pool.py": "x = 1",
    "nn/mine.py": "from nn import pool",
    "nn/lenet.py": "",
}


@pytest.mark.parametrize(
    ("source", "more"),
    [
        ("import numpy", []),
        ("from nn.conv import conv2d_forward", ["conv", "types"]),
        ("from nn import conv as c", ["conv", "types"]),
        ("import nn.conv", ["conv", "types"]),
        ("from . import pool", ["pool"]),
        ("from .conv import conv2d_forward", ["conv", "types"]),
        ("def f():\n    from nn.mine import x\n", ["mine", "pool"]),
        ("if True:\n    import nn.pool\n", ["pool"]),
        ("from nn import *", []),
        ("this is no Python", []),
    ],
)
def test_imports_are_followed(source, more):
    files = {**FILES, "nn/lenet.py": source}
    # A package is loaded whenever something of it is named.
    package = {"nn/__init__.py"} if "nn" in source or "from ." in source else set()
    expected = {"nn/lenet.py", *(f"nn/{name}.py" for name in more)} | package
    assert set(reachable(["lenet"], files)) == expected
    assert list(reachable(["lenet"], files)) == [p for p in files if p in expected]


def test_what_a_component_stands_on_is_always_there():
    assert set(reachable(["lenet", "conv"], FILES)) >= {"nn/lenet.py", "nn/conv.py"}


@pytest.mark.parametrize(
    "source",
    [
        "import importlib",
        "from importlib import import_module",
        "__import__('nn.po' + 'ol')",
        "exec('import nn.pool')",
        "import sys\nsys.modules['nn.pool']",
        "getattr(__builtins__, 'x')",
        "getattr(f, '__globals__')\n(lambda: 0).__globals__['__builtins__']",
        "x = vars()",
    ],
)
def test_who_imports_by_a_name_made_at_run_time_has_everything(source):
    files = {**FILES, "nn/lenet.py": source}
    assert reachable(["lenet"], files) == files


def test_so_has_who_imports_one_that_does():
    files = {**FILES, "nn/lenet.py": "import nn.mine", "nn/mine.py": "import importlib"}
    assert reachable(["lenet"], files) == files
