"""All attacks by name, and how each is played."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from tests.attacks import bubble
from tests.attacks.attack import Any_, Forgery
from tests.attacks.kinds import archives, ending, forging, network, reading, resources

ATTACKS: tuple[Any_, ...] = (
    *reading.ATTACKS,
    *network.ATTACKS,
    *resources.ATTACKS,
    *ending.ATTACKS,
    *forging.FORGERIES,
    *archives.ARCHIVES,
)
STARTED = "started"
_BY_NAME: Mapping[str, Any_] = {attack.name: attack for attack in ATTACKS}
assert len(_BY_NAME) == len(ATTACKS), "two attacks have one name"


def find(name: str) -> Any_:
    """The attack of that name."""
    return _BY_NAME[name]


def without_sandbox(attack: Any_, how: str = "control") -> list[str]:
    """Play an attack in a bubble, without the sandbox: its successes."""
    ended = bubble.run(
        [sys.executable, "-m", "tests.attacks.inside", how, attack.name],
        seconds=8.0 if isinstance(attack, Forgery) else 4.0,
        cpu=3,
        capabilities=getattr(attack, "capabilities", ()),
    )
    if isinstance(ended.answer, list):
        return ended.answer
    if ended.answer != STARTED:
        raise AssertionError(f"the control of {attack.name!r} is broken itself:\n{ended.output}")
    return ["the grader hangs" if ended.status is None else "the grader ended with the attack"]
