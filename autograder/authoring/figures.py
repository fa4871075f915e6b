"""The lecture's pictures drawn from the reference, for slides and to be looked at."""

from __future__ import annotations

import html
import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.course import Component, Course
from autograder.files import write_whole
from shared.local import forget_nn
from shared.plots import FIGURES, to_png, to_svg

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; margin: 2em auto; max-width: 52em }}
img {{ max-width: 100%; display: block; margin: 1em 0 }}
</style>
<h1>{title}</h1>
{body}
</html>
"""


def draw_all(
    course: Course, components: Sequence[Component], languages: Sequence[str], kind: str, out: Path
) -> Iterator[Path]:
    """Draw the pictures of components, and a page of them; each file as it is written.

    Parameters
    ----------
    course : Course
    components : sequence of Component
    languages : sequence of str
        Of ``"en"`` and ``"ru"``.
    kind : str
        ``"png"`` or ``"svg"``.
    out : Path
        The folder that they go to.
    """
    encode = to_svg if kind == "svg" else to_png
    body: list[str] = []
    with _reference(course):
        for component in components:
            body.append(f"<h2>{html.escape(component.title)}</h2>")
            for draw in FIGURES.get(component.name, ()):
                for lang in languages:
                    name = f"{lang}/{component.name}-{draw.__name__}.{kind}"
                    module = importlib.import_module(f"nn.{component.name}")
                    figure = draw(module, lang=lang)
                    write_whole(out / name, encode(figure))
                    alt = html.escape(figure.get_suptitle())
                    body.append(f'<img src="{name}" alt="{alt}">')
                    yield out / name
    page = PAGE.format(title=html.escape(course.title), body="\n".join(body))
    write_whole(out / "index.html", page)
    yield out / "index.html"


@contextmanager
def _reference(course: Course) -> Iterator[None]:
    """Let `nn` be the reference inside the block."""
    folder = str(course.root / "solutions")
    aside: dict[str, Any] = dict(forget_nn())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        forget_nn()
        sys.modules.update(aside)
