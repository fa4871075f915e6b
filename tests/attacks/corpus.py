"""All attacks by name, and how each is played."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from tests.attacks import bubble
from tests.attacks.attack import Any_, Attack, Forgery
from tests.attacks.kinds import archives, cells, ending, forging, network, reading, resources

ATTACKS: tuple[Any_, ...] = (
    *reading.ATTACKS,
    *network.ATTACKS,
    *resources.ATTACKS,
    *ending.ATTACKS,
    *forging.FORGERIES,
    *cells.FORGERIES,
    *archives.ARCHIVES,
)
STARTED = "started"
_BY_NAME: Mapping[str, Any_] = {attack.name: attack for attack in ATTACKS}
assert len(_BY_NAME) == len(ATTACKS), "two attacks have one name"


def find(name: str) -> Any_:
    """The attack of that name."""
    return _BY_NAME[name]


# Of a control that never ends, and of one that ends in a second where nothing else runs.
SOON, LATE = 3.0, 60.0
GRADING = 15.0


def without_sandbox(attack: Any_, how: str = "control") -> list[str]:
    """Play an attack in a bubble, without the sandbox: its successes."""
    if isinstance(attack, Forgery):
        # A naive grader has its own deadline; an import of ours in its place has none.
        hangs, seconds = how != "control", LATE if how == "control" else GRADING
    else:
        hangs, seconds = attack.hangs, SOON if attack.hangs else LATE
    ended = bubble.run(
        [sys.executable, "-m", "tests.attacks.inside", how, attack.name],
        seconds=seconds,
        cpu=8,
        capabilities=attack.capabilities if isinstance(attack, Attack) else (),
    )
    if hangs and ended.status is None and ended.answer is None:
        # It did not even begin in this time: so busy is this machine.
        ended = bubble.run(
            [sys.executable, "-m", "tests.attacks.inside", how, attack.name], seconds=LATE
        )
    if isinstance(ended.answer, list):
        return ended.answer
    if ended.answer != STARTED or (ended.status is None and not hangs):
        raise AssertionError(f"the control of {attack.name!r} is broken itself:\n{ended.output}")
    return ["the grader hangs" if ended.status is None else "the grader ended with the attack"]
