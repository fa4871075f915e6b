"""Draw a picture with functions that may not be written yet, and say so in a sentence."""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from shared.invoke import describe
from shared.messages import Message, message
from shared.plots.style import Draw, to_png


class Picture(NamedTuple):
    """A picture as PNG, and what it shows for who cannot see it."""

    png: bytes
    title: str


def attempt(draw: Draw, component: str, folder: Path) -> Picture | Message:
    """A picture drawn with a student's own functions, or why there is none.

    Parameters
    ----------
    draw : function
        One of `FIGURES[component]`.
    component : str
    folder : Path
        What holds `nn/`; it must be on ``sys.path``.

    Returns
    -------
    Picture or Message
        The picture, or a sentence that names the function which is missing.
    """
    try:
        figure = draw(importlib.import_module(f"nn.{component}"))
        return Picture(to_png(figure), figure.get_suptitle())
    except NotImplementedError as error:
        return message("unfinished", **_place(error, folder))
    except AttributeError as error:
        if isinstance(error.obj, ModuleType) and error.obj.__name__ == f"nn.{component}":
            return message("missing", function=error.name, file=f"nn/{component}.py")
        return _failed(error, folder)
    except Exception as error:
        return _failed(error, folder)


def _place(error: NotImplementedError, folder: Path) -> dict[str, str]:
    """The function that is not written, and its file."""
    # A stub names itself; a student may have shortened that to a bare `raise`.
    where = "nn"
    function = str(error)
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        if line and file.is_relative_to(folder):
            where = file.relative_to(folder).as_posix()
            name = frame.f_code.co_qualname
    return {"function": function or name, "file": where}


def _failed(error: Exception, folder: Path) -> Message:
    failure = describe(error, lambda file: Path(file).is_relative_to(folder / "nn"))
    return message("no-figure", type=failure.type, text=failure.message)
