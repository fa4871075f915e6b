"""A notebook in JupyterLab itself, in a browser: it reads as a handout, runs, and draws."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAME = "pool"
TOKEN = "the-test-s-own"
PATIENCE = 120_000  # milliseconds; nothing depends on how long it takes
SCREENSHOTS = "EXPRESSML_SCREENSHOTS"  # a folder to keep pictures in, for whoever wants to look


@pytest.fixture
def lab(student: Path, books: Any, tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab on a filled notebook."""
    path = student / "notebooks" / f"{NAME}.ipynb"
    notebook = books.load(path)
    books.fill(notebook, NAME)
    books.save(path, notebook)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path / "home"
    home.mkdir()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser"),
            *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"),
            *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={student}"),
            "--LabApp.expose_app_in_browser=True",
        ],
        env={**os.environ, "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert server.poll() is None, "JupyterLab ended"
            try:
                urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"{address}/lab/tree/notebooks/{NAME}.ipynb?token={TOKEN}"
    finally:
        server.terminate()
        server.wait(30)


def test_a_filled_notebook_reads_runs_and_draws_in_jupyterlab(chromium, lab):
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(lab)
    page.wait_for_selector(".jp-Notebook .jp-MarkdownOutput h1")
    # It opens as a handout: a title, and mathematics set as mathematics.
    assert page.locator(".jp-MarkdownOutput h1").first.inner_text().strip("¶ ")
    page.wait_for_selector("mjx-container, .MathJax")
    keep = os.environ.get(SCREENSHOTS)
    if keep:
        page.screenshot(path=f"{keep}/lab-top.png")
    page.wait_for_selector("text=/Python 3.*Idle/i", state="attached")
    page.click(".lm-MenuBar-itemLabel:text-is('Run')")
    page.click(".lm-Menu-itemLabel:text-is('Run All Cells')")
    # The notebook as the browser holds it: cells that are scrolled away have no elements.
    cells = "jupyterapp.shell.currentWidget.content.model.cells"
    page.wait_for_function(
        f"""() => {{
            const code = [...{cells}].filter(cell => cell.type === 'code');
            return code.every(c => c.executionCount !== null && c.executionState !== 'running');
        }}"""
    )
    outputs: list[dict[str, Any]] = page.evaluate(
        f"() => [...{cells}].filter(c => c.type === 'code').flatMap(c => c.outputs.toJSON())"
    )
    assert not [output for output in outputs if output["output_type"] == "error"]
    text = "".join(str(output.get("text", "")) for output in outputs)
    assert "failed" not in text
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert pictures
    last = page.locator(".jp-OutputArea-output img").last
    page.evaluate(f"() => jupyterapp.shell.currentWidget.content.scrollToItem({cells}.length - 1)")
    last.wait_for()
    assert last.evaluate("image => image.naturalWidth") > 300
    if keep:
        page.screenshot(path=f"{keep}/lab-end.png")
    context.close()
