"""`make attacks`: every attack at every level, its control, and a table.

``python -m tests.attacks [--in-process] [WORD]...`` plays those whose name or kind holds a word.
"""

from __future__ import annotations

import sys
import time

from tests.attacks import board, bubble, corpus
from tests.attacks.attack import Archive


def main(arguments: list[str]) -> int:
    """Play, print, and give the exit status."""
    if why := bubble.missing():
        print(f"error: the controls need bubbles: {why}", file=sys.stderr)
        return 3
    words = [word for word in arguments if not word.startswith("-")]
    attacks = [
        a
        for a in corpus.ATTACKS
        if not words or any(word in a.name or word in a.kind for word in words)
    ]
    start = time.monotonic()
    if "--in-process" in arguments:
        found = board.in_process(attacks)
        for name, successes in found.items():
            print(f"{'BROKEN' if successes else 'held':<8}{name}: {'; '.join(successes)}")
        broken = sum(bool(successes) for successes in found.values())
        print(
            f"\n{broken} of {len(found)} attacks break an in-process import "
            f"({sum(isinstance(a, Archive) for a in attacks)} are not about where code runs)"
        )
        return 0
    rows = board.play(attacks)
    print(board.table(rows))
    print(f"in {time.monotonic() - start:.0f} s")
    return 0 if rows and all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
