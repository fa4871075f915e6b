"""Put the course's own code in the place of a module that a component stands on.

Two occasions: a component whose solution has been released to everyone is lent to a submission
whose own fails its tests; and a test of how a net is put together runs over stand-ins, trivial
functions of the right shapes, so that no mistake of an earlier component reaches it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

from autograder.course import Component, Course


def overlay(own: str | None, ours: str, file: str) -> str:
    """A module that runs a student's own text, then ours over it.

    What else the student's other files import from it is still there. A text that cannot be run at
    all is passed over.

    Parameters
    ----------
    own : str or None
        The student's source of the module; None where there is none.
    ours : str
        The source whose functions shall hold.
    file : str
        What tracebacks call the module, such as ``"nn/conv.py"``.
    """
    return (
        f"try:\n    exec(compile({own or ''!r}, {file!r}, 'exec', dont_inherit=True))\n"
        "except Exception:\n    pass\n"
        f"exec(compile({ours!r}, {file!r}, 'exec', dont_inherit=True))\n"
    )


def lend(course: Course, files: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The files with the references of those components over the student's own."""
    return _over(files, {n: _text(course.component(n).solution) for n in names})


def with_standins(course: Course, component: Component, files: Mapping[str, str]) -> dict[str, str]:
    """The files with a stand-in over each component that `component` stands on and that has one."""
    found = {
        n: course.component(n).standin
        for n in course.stands_on(component)
        if course.component(n).standin.exists()
    }
    return _over(files, {n: _text(path) for n, path in found.items()})


def load_apart(course: Course, component: Component, files: Mapping[str, str]) -> ModuleType:
    """A trusted component's module, loaded from those files and not kept in `sys.modules`."""
    names = [n for n in course.names if n in course.stands_on(component)]
    order = [*course.package_files, *(f"nn/{n}.py" for n in names), f"nn/{component.name}.py"]
    aside = {n: sys.modules.pop(n) for n in list(sys.modules) if n.partition(".")[0] == "nn"}
    try:
        for file in order:
            name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            module = sys.modules[name] = ModuleType(name)
            module.__file__ = file
            if name == "nn":
                module.__path__ = []
            exec(compile(files[file], file, "exec", dont_inherit=True), module.__dict__)
        return module
    finally:
        for name in [n for n in sys.modules if n.partition(".")[0] == "nn"]:
            del sys.modules[name]
        sys.modules.update(aside)


def _over(files: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    laid = dict(files)
    for name, text in ours.items():
        file = f"nn/{name}.py"
        laid[file] = overlay(files.get(file), text, file)
    return laid


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
