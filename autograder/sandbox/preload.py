"""What a worker can import, loaded and warmed up before the first fork."""

from __future__ import annotations

import codecs
import importlib
import io
import traceback
import warnings
from typing import Any

NUMPY = """
numpy numpy.char numpy.core numpy.ctypeslib numpy.dtypes numpy.exceptions numpy.fft
numpy.lib numpy.lib.array_utils numpy.lib.format numpy.lib.introspect numpy.lib.mixins
numpy.lib.npyio numpy.lib.recfunctions numpy.lib.scimath numpy.lib.stride_tricks
numpy.lib.user_array numpy.linalg numpy.ma numpy.ma.extras numpy.ma.mrecords numpy.matlib
numpy.polynomial numpy.polynomial.chebyshev numpy.polynomial.hermite numpy.polynomial.hermite_e
numpy.polynomial.laguerre numpy.polynomial.legendre numpy.polynomial.polynomial
numpy.polynomial.polyutils numpy.random numpy.rec numpy.strings numpy.testing numpy.typing
numpy.version
"""

STANDARD = """
__future__ abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 calendar
cmath cmd code codecs codeop collections collections.abc colorsys compileall concurrent
concurrent.futures concurrent.futures.thread configparser contextlib contextvars copy copyreg
cProfile csv ctypes ctypes.util dataclasses datetime decimal difflib dis doctest email
encodings.idna enum errno faulthandler filecmp fnmatch fractions functools gc genericpath getopt
getpass gettext glob graphlib gzip hashlib heapq hmac html html.parser importlib importlib.abc
importlib.machinery importlib.metadata importlib.resources importlib.util inspect io ipaddress
itertools json keyword linecache locale logging logging.config logging.handlers lzma marshal math
mimetypes mmap multiprocessing multiprocessing.pool numbers opcode operator optparse os os.path
pathlib pdb pickle pickletools pkgutil platform plistlib posixpath pprint profile pstats py_compile
pydoc queue quopri random re reprlib resource rlcompleter runpy sched secrets select selectors
shelve shlex shutil signal site socket sqlite3 ssl stat statistics string stringprep struct
subprocess symtable sys sysconfig tabnanny tarfile tempfile textwrap threading time timeit token
tokenize tomllib trace traceback tracemalloc types typing unicodedata unittest unittest.mock
urllib urllib.error urllib.parse urllib.request uuid venv warnings wave weakref webbrowser
xml.dom.minidom xml.etree.ElementTree zipfile zlib zoneinfo _strptime
"""

# A Python may be built without these.
OPTIONAL = "bz2 ctypes lzma sqlite3 ssl zlib _strptime"

ENCODINGS = """
ascii base64 cp1251 cp1252 cp437 hex idna koi8-r latin-1 punycode raw_unicode_escape rot13
unicode_escape utf-7 utf-8 utf-8-sig utf-16 utf-32
"""


def preload() -> None:
    """Import everything that a worker may, and have it import what it imports late."""
    optional = OPTIONAL.split()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (*NUMPY.split(), *STANDARD.split()):
            try:
                importlib.import_module(name)
            except ImportError:
                if name not in optional:
                    raise
    for name in ENCODINGS.split():
        codecs.lookup(name)
    _warm_up()


def _warm_up() -> None:
    import datetime
    import random

    import numpy as np

    for dtype in (np.float32, np.float64, np.complex128):
        # BLAS and LAPACK take their working memory at the first use, and it must not be the one
        # under the worker's memory limit.
        square: Any = np.eye(96, dtype=dtype) + np.full((96, 96), 0.01, dtype)
        square @ square
        for function in ("inv", "det", "svd", "qr", "cholesky", "eig", "eigh", "pinv", "norm"):
            getattr(np.linalg, function)(square)
        np.linalg.solve(square, square)
        np.linalg.lstsq(square, square, rcond=None)
    np.einsum("ij,jk,kl->il", square, square, square, optimize=True)
    np.fft.ifft2(np.fft.fft2(square))
    np.pad(square, 2, mode="reflect")
    rng = np.random.default_rng(0)
    rng.permutation(rng.normal(size=16))
    rng.choice(5, 3, p=np.full(5, 0.2), replace=False)
    np.random.RandomState(0).randn(4)
    random.Random(0).gauss(0.0, 1.0)
    np.polynomial.Polynomial([1.0, 2.0]).roots()
    np.array2string(square, threshold=5)
    repr(np.ma.masked_array([1.0], mask=[True]))
    datetime.datetime.strptime("2024-01-31", "%Y-%m-%d").strftime("%c")
    try:
        np.testing.assert_allclose(np.ones(3), np.zeros(3))
    except AssertionError as error:
        traceback.print_exception(error, file=io.StringIO())
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        np.log(np.zeros(2))
        warnings.formatwarning(UserWarning("x"), UserWarning, __file__, 1)
