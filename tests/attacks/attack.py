"""What an attack is."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

# What a module of an attack may use without importing it.
PREAMBLE = """
import ctypes, fcntl, gc, inspect, os, re, resource, signal, socket, struct, subprocess, sys
import threading, time
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    result = libc.syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
"""
REACHED = "REACHED"


@dataclass(frozen=True)
class Attack:
    """A function of a student that is called with what an attacker may well know.

    It succeeds when a secret of the scene is in what it returns or raises, when it returns
    `REACHED`, when the scene shows traces of it, or when the next student's code does not work.
    Its control is the same call of the module imported into the grader's own process.

    Parameters
    ----------
    name, kind
        For the table; a name stands once.
    source
        Defines ``attack(facts)``; `PREAMBLE` comes before it. `facts` is in `scene`.
    wait
        Seconds to wait before looking for traces: survivors need some time.
    capabilities
        What the control needs inside its bubble.
    hangs
        It succeeds by never ending; another control that does not end was only slow.
    """

    name: str
    kind: str
    source: str
    wait: float = 0.0
    capabilities: tuple[str, ...] = ()
    hangs: bool = False

    @property
    def files(self) -> dict[str, str]:
        """The submission."""
        return {"nn/work.py": PREAMBLE + textwrap.dedent(self.source)}


@dataclass(frozen=True)
class Naive:
    """The grader of the usual kind that a forgery defeats; see `naive`.

    Parameters
    ----------
    grader
        ``pytest``, ``runner``, ``script``, ``cell``, ``kernel``, ``stdout``, ``pipe``, ``pickle``,
        ``speed`` or ``counter``.
    compare
        The lines with which its test compares `got` with `want`.
    first
        ``want`` or ``got``: which is computed first.
    """

    grader: str = "pytest"
    compare: str = "np.testing.assert_allclose(got, want)"
    first: str = "want"


NEURON = ("test_neuron_worked_example", "test_neuron_shapes")


@dataclass(frozen=True)
class Forgery:
    """A submission that earns nothing honestly and wants points, or hidden data, all the same.

    It is handed in and graded by the course's own tests of `backprop`; its control is a naive
    grader that gives it full marks, or shows `LEAK`.

    Parameters
    ----------
    name, kind
        As in `Attack`.
    source
        Comes after a right ``nn/backprop.py`` and takes `neuron` from it.
    control
        The grader that it defeats.
    files
        Further files of the submission.
    tests
        Those that grade it here.
    flagged
        It may pass a test, but never without the flag that asks the staff to look.
    """

    name: str
    kind: str
    source: str
    control: Naive = field(default_factory=Naive)
    files: Mapping[str, str] = field(default_factory=dict)
    tests: tuple[str, ...] = NEURON
    flagged: bool = False


@dataclass(frozen=True)
class Archive:
    """Something handed in that is made to harm whoever unpacks it.

    Parameters
    ----------
    name, kind
        As in `Attack`.
    make
        The name of the function of `kinds.archives` that makes it.
    control
        The naive reader that it harms, a function of `kinds.archives` too.
    hangs
        As in `Attack`.
    """

    name: str
    kind: str
    make: str
    control: str
    hangs: bool = False


Any_ = Attack | Forgery | Archive
