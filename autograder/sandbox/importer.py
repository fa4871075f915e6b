"""Imports in a worker: what was loaded before the fork, and the submission's `nn` from memory."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import BuiltinImporter, ModuleSpec
from types import ModuleType

from autograder.sandbox import stubs

PACKAGE = "nn"


class NotInWorker(ModuleNotFoundError):
    """A module that a worker does not have."""


class Submitted(MetaPathFinder):
    """Finds `nn` and its modules in the submission's sources, and refuses every other name."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        root = fullname.partition(".")[0]
        if root in stubs.ROOTS:
            return ModuleSpec(fullname, _StubLoader(), is_package=True)
        base = fullname.replace(".", "/")
        if root != PACKAGE:
            # A submodule of what is loaded (os.nothing) is an ordinary mistake.
            if "." in fullname and root in sys.modules:
                return None
            raise NotInWorker(self._why(fullname), name=fullname)
        for file, is_package in ((f"{base}/__init__.py", True), (f"{base}.py", False)):
            if file in self.files:
                return self._spec(fullname, file, is_package)
        if any(file.startswith(f"{base}/") for file in self.files):
            return self._spec(fullname, f"{base}/__init__.py", True)
        return None

    def _spec(self, fullname: str, file: str, is_package: bool) -> ModuleSpec:
        source = self.files.get(file, "")
        # Without a time of change linecache keeps the lines and does not look at the disk.
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        loader = _SourceLoader(source, file)
        spec = ModuleSpec(fullname, loader, origin=file, is_package=is_package)
        spec.has_location = True
        return spec

    def _why(self, name: str) -> str:
        if f"{PACKAGE}/{name}.py" in self.files:
            return f"no module named {name!r}: write 'from {PACKAGE}.{name} import ...'"
        return (
            f"{name!r} is not there when your work is graded: "
            "only NumPy and the standard library are"
        )


class _SourceLoader(InspectLoader):
    def __init__(self, source: str, file: str) -> None:
        self._source = source
        self._file = file

    def get_source(self, fullname: str) -> str:
        return self._source

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self._source, self._file, "exec", dont_inherit=True)
        exec(code, module.__dict__)


class _StubLoader(InspectLoader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return stubs.Stub(spec.name)

    def get_source(self, fullname: str) -> str:
        return ""

    def exec_module(self, module: ModuleType) -> None:
        return None


def install(files: Mapping[str, str]) -> Submitted:
    """Make this process import from `files` and from nowhere else."""
    finder = Submitted(files)
    # C modules that are part of the interpreter need no file.
    sys.meta_path[:] = [BuiltinImporter, finder]
    sys.path[:] = []
    sys.path_hooks[:] = []
    sys.path_importer_cache.clear()
    return finder
