"""Play attacks at every level that the machine offers, and their controls beside them."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from autograder.sandbox import Sandbox, available_levels
from tests.attacks import corpus
from tests.attacks.attack import Any_, Archive, Attack, Forgery
from tests.attacks.grading import Graded
from tests.attacks.kinds import archives
from tests.attacks.scene import LIMITS, Scene

UNFILTERED = "weak"
CONTROLS_AT_ONCE = 2


@dataclass
class Row:
    """One attack: what it achieved at each level, and without the sandbox."""

    attack: Any_
    levels: dict[str, list[str]] = field(default_factory=dict)
    control: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether it achieved nothing anywhere, and something where nothing protects."""
        return bool(self.control) and not any(self.levels.values())


def levels() -> tuple[str, ...]:
    """The levels at which attacks have to be held: all that this machine offers but the weak."""
    return tuple(level for level in available_levels() if level != UNFILTERED)


def read(attack: Archive) -> list[str]:
    """Have the grader read what harms a reader: its successes."""
    with tempfile.TemporaryDirectory(prefix="archive-") as folder:
        return archives.play(attack, Path(folder))


def play_one(attack: Attack | Forgery, box: Sandbox, graded: Graded) -> list[str]:
    """Play an attack in a sandbox: its successes."""
    with Scene() as scene:
        if isinstance(attack, Forgery):
            return graded.play(attack, box) + scene.after(box)
        return scene.play(attack, box)


def play(attacks: Iterable[Any_]) -> list[Row]:
    """Play attacks everywhere."""
    rows = {attack.name: Row(attack) for attack in attacks}
    with ThreadPoolExecutor(CONTROLS_AT_ONCE) as pool:
        controls = {
            name: pool.submit(corpus.without_sandbox, row.attack) for name, row in rows.items()
        }
        with contextlib.closing(Graded()) as graded:
            for level in levels():
                with Sandbox(LIMITS, level=level) as box:
                    for row in rows.values():
                        if not isinstance(row.attack, Archive):
                            row.levels[level] = play_one(row.attack, box, graded)
        for row in rows.values():
            if isinstance(row.attack, Archive):
                # What only reads does not ask where code would run.
                row.levels = dict.fromkeys(levels(), read(row.attack))
        for name, future in controls.items():
            rows[name].control = future.result()
    return list(rows.values())


def in_process(attacks: Iterable[Any_]) -> Mapping[str, list[str]]:
    """Play attacks with an import in place of the sandbox, each in a bubble."""
    chosen = [attack for attack in attacks if not isinstance(attack, Archive)]
    with ThreadPoolExecutor(CONTROLS_AT_ONCE) as pool:
        found = pool.map(lambda attack: corpus.without_sandbox(attack, "in-process"), chosen)
        return dict(zip((attack.name for attack in chosen), found, strict=True))


def table(rows: Iterable[Row]) -> str:
    """The table: attack by level, held or BROKEN, and the control."""
    rows = list(rows)
    names = list(dict.fromkeys(level for row in rows for level in row.levels))
    width = max(len(row.attack.name) for row in rows)
    lines = [
        f"{'attack':<{width}}  {'kind':<12}"
        + "".join(f"  {n:<10}" for n in names)
        + "  without the sandbox"
    ]
    for row in rows:
        cells = "".join(f"  {'BROKEN' if row.levels[n] else 'held':<10}" for n in names)
        control = f"succeeds: {row.control[0]}" if row.control else "DOES NOT SUCCEED"
        lines.append(f"{row.attack.name:<{width}}  {row.attack.kind:<12}{cells}  {control}")
        lines += [f"{'':<{width}}  {level}: {'; '.join(s)}" for level, s in row.levels.items() if s]
    kinds = Counter(row.attack.kind for row in rows)
    lines.append("")
    lines.append(f"{len(rows)} attacks ({', '.join(f'{n} {k}' for k, n in kinds.items())})")
    held = sum(not any(row.levels.values()) for row in rows)
    lines.append(f"held at {', '.join(names)}: {held} of {len(rows)}")
    lines.append(
        f"succeed without the sandbox: {sum(bool(r.control) for r in rows)} of {len(rows)}"
    )
    return "\n".join(lines)
