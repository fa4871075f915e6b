"""What cells do to the kernel that runs them, and to the tests that come after them there.

nbgrader and otter run a notebook's own cells first and then their tests, in the same kernel.
"""

from __future__ import annotations

from tests.attacks.attack import Forgery, Naive
from tests.attacks.kinds.forging import WRONG

KERNEL = Naive("kernel")
SHELL = """
try:
    shell = get_ipython()
except NameError:  # a program, and not a cell
    class _Nobody:
        def __getattr__(self, name): return _Nobody()
        def __call__(self, *a, **k): return _Nobody()
        def __setitem__(self, name, value): pass
    shell = _Nobody()
_mark = 'LE' + 'AK_'
"""
CELLS = {
    "cells that follow become nothing": "shell.input_transformers_cleanup.append("
    "lambda lines: ['pass\\n'])",
    "asserts that follow become nothing": """
import ast
class _Quiet(ast.NodeTransformer):
    def visit_Expr(self, node): return ast.copy_location(ast.Pass(), node)
shell.ast_transformers.append(_Quiet())
""",
    "errors that are not shown": "shell.showtraceback = lambda *a, **k: None",
    "a hook before the tests": """
def _before(info): shell.user_ns['test_neuron'] = lambda: None
shell.events.register('pre_run_cell', _before)
""",
    "a magic for every line": """
def _quiet(line, cell=None): return None
shell.register_magic_function(_quiet, 'line', 'quiet')
shell.input_transformers_post.append(lambda lines: ['get_ipython().run_line_magic("quiet", "")\\n'])
""",
    "a namespace that knows better": """
class _Fixed(dict):
    def __setitem__(self, name, value):
        super().__setitem__(name, (lambda: None) if name == 'test_neuron' else value)
if shell.user_ns is not None and hasattr(shell, 'run_code'):
    _real = type(shell).run_code
    def _run(self, code, *a, **k):
        if isinstance(self.user_ns, dict) and 'test_neuron' in self.user_ns:
            self.user_ns['test_neuron'] = lambda: None
        return _real(self, code, *a, **k)
    type(shell).run_code = _run
""",
}
READ = {
    "the cell that is running": "raise RuntimeError(_mark + In[-1])",
    "the cells before it": "raise RuntimeError(_mark + ''.join(In))",
    "the history of cells": "raise RuntimeError(_mark + str([i for _, _, i in "
    "shell.history_manager.get_range()]))",
    "the source of the test": """import inspect
    raise RuntimeError(_mark + inspect.getsource(shell.user_ns['test_neuron']))""",
}

FORGERIES = [
    *(
        Forgery(name, "notebook cells", f"{SHELL}{WRONG}\n{code}", KERNEL)
        for name, code in CELLS.items()
    ),
    *(
        Forgery(
            f"data of {name}",
            "leak",
            f"{SHELL}\ndef neuron(x, w, b):\n    {code}\n    return np.zeros(len(x))",
            KERNEL,
        )
        for name, code in READ.items()
    ),
]
