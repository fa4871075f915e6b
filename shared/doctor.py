"""`python -m shared doctor`: is this computer ready for the course, and what to do if it is not?"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.messages import Message, message, render

PYTHONS = ((3, 11), (3, 13))
PACKAGES = {"numpy": (2, 3), "pytest": (9, 0), "matplotlib": (3, 10)}
SAMPLE = "γ β × − ² ы"  # what handouts and messages are written with
# The first normal numbers of generator 0, to 8 digits: PCG64 and the ziggurat give the same
# everywhere, and every test's data is drawn from them.
STREAM = (0.12573022, -0.13210486, 0.64042265)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `advice` says what to do when it is not `ok`."""

    what: str
    found: str
    ok: bool = True
    advice: Message | None = None


def examine(folder: Path) -> list[Finding]:
    """Look at Python, the packages, arithmetic, the console and the folder."""
    findings = [python(), *(package(name) for name in PACKAGES)]
    if findings[1].ok:
        findings += [blas(), generator()]
    return [*findings, console(), *workspace(folder)]


def python() -> Finding:
    """The version of Python."""
    ok = PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]
    found = f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    return Finding("Python", found, ok, None if ok else message("doctor-python"))


def package(name: str) -> Finding:
    """The version of a package that the course needs."""
    least = ".".join(map(str, PACKAGES[name]))
    advice = message("doctor-install", package=name, least=least)
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "–", False, advice)
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    ok = numbers >= PACKAGES[name]
    return Finding(name, version, ok, None if ok else advice)


def blas() -> Finding:
    """The library that multiplies matrices, and whether it does."""
    import numpy as np

    config = np.show_config(mode="dicts") or {}
    built: object = config.get("Build Dependencies", {}).get("blas", {})
    name = f"{built.get('name', '?')} {built.get('version', '')}" if isinstance(built, dict) else ""
    a = np.arange(64 * 48, dtype=np.float64).reshape(64, 48) % 7 - 3
    ok = bool((a @ a.T == (a[:, None, :] * a[None]).sum(-1)).all())
    return Finding("BLAS", name.strip() or "?", ok, None if ok else message("doctor-blas"))


def generator() -> Finding:
    """Whether `default_rng` draws what it draws everywhere."""
    import numpy as np

    drawn = np.random.default_rng(0).standard_normal(3)
    ok = bool(np.allclose(drawn, STREAM, rtol=0, atol=5e-9))
    found = " ".join(f"{value:.3f}" for value in drawn)
    return Finding("default_rng(0)", found, ok, None if ok else message("doctor-stream"))


def console() -> Finding:
    """Whether the terminal can show what messages are written with."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        SAMPLE.encode(encoding)
        ok = True
    except (UnicodeEncodeError, LookupError):
        ok = False
    return Finding("console", encoding, ok, None if ok else message("doctor-console"))


def workspace(folder: Path) -> list[Finding]:
    """Whether this is the student's folder, and `nn` the one in it."""
    missing = [name for name in ("nn", "tests", "shared") if not (folder / name).is_dir()]
    if missing:
        names = ", ".join(f"{name}/" for name in missing)
        return [Finding("folder", str(folder), False, message("doctor-folder", missing=names))]
    taken = Path(__file__).resolve().parent
    ok = taken == (folder / "shared").resolve()
    advice = None if ok else message("doctor-shared", taken=str(taken))
    return [Finding("folder", str(folder), ok, advice)]


def show(findings: list[Finding]) -> int:
    """Print what was found; 0 when all is well, 1 when something is off."""
    for finding in findings:
        _print(f"{'ok' if finding.ok else '!!':>3}  {finding.what:<15} {finding.found}")
        if finding.advice is not None:
            _print(f"     {'':<15} {render(finding.advice)}")
    well = all(finding.ok for finding in findings)
    _print(render(message("doctor-well" if well else "doctor-off")))
    return 0 if well else 1


def _print(line: str) -> None:
    # It is here to say that the console cannot show something, so it may not fail over that.
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    print(line.encode(encoding, "replace").decode(encoding))
