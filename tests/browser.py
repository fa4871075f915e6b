"""A real browser for pages: Chromium through Playwright, started once, without a network.

A test asks for the fixture `open_page` and looks at what the page shows::

    def test_the_page(open_page, tmp_path):
        page = open_page(tmp_path / "page.html", width=390)
        assert page.title == "..."
        assert not page.complaints

`complaints` holds what the browser logged as an error, every request that was not for the file
itself, and how far the page is wider than the window.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@dataclass
class Opened:
    """A page in the browser; `tab` is Playwright's own."""

    tab: Any
    complaints: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(self.tab.title())

    def text(self, selector: str = "body") -> str:
        """What can be read of the first element that fits."""
        return str(self.tab.locator(selector).first.inner_text())


OpenPage = Callable[..., Opened]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, started once; the test is skipped where there is none."""
    path = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed (apt-get install chromium): no page was looked at")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[OpenPage]:
    """Open a file of this machine at a width in pixels, light or dark."""
    contexts = []

    def open_(path: Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> Opened:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            offline=True,
        )
        contexts.append(context)
        opened = Opened(context.new_page())
        url = path.resolve().as_uri()
        said = opened.complaints
        opened.tab.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
        opened.tab.on("pageerror", lambda error: said.append(str(error)))
        opened.tab.on(
            "request", lambda r: None if r.url.startswith((url, "data:")) else said.append(r.url)
        )
        opened.tab.goto(url)
        wide = opened.tab.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            said.append(f"{wide - width} pixels wider than the window")
        return opened

    yield open_
    for context in contexts:
        context.close()
