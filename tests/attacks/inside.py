"""What runs in a bubble: one attack without the sandbox, and what came of it.

``python -m tests.attacks.inside control NAME`` plays the control; ``in-process`` puts an import
into the grader's own process where the sandbox stands, and leaves all else as it is. ``naive
GRADER`` has a naive grader grade what is wrong without a trick, and what is right.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from tests.attacks import corpus
from tests.attacks.attack import Archive, Attack, Forgery, Naive
from tests.attacks.bubble import say
from tests.attacks.kinds import forging

# What a grader of speed, and one that counts, should refuse.
WITHOUT_A_TRICK = {
    "speed": f"{forging.SLOW}\nneuron = _slow(neuron)\n",
    "counter": f"{forging.LOOP}\nneuron = _loop\n",
}


def main(how: str, name: str) -> None:
    """Play one attack and answer with the list of its successes."""
    if how == "naive":
        wrong = WITHOUT_A_TRICK.get(name, forging.WRONG)
        say([_naively(Naive(name), code) for code in (wrong, "")])
        return
    attack = corpus.find(name)
    if isinstance(attack, Archive):
        from tests.attacks.kinds import archives

        say(corpus.STARTED)
        archives.control(attack)
    elif isinstance(attack, Forgery) and how == "control":
        _naive(attack)
    elif isinstance(attack, Forgery):
        _graded(attack)
    else:
        _called(attack)


def _called(attack: Attack) -> None:
    # This process is the grader that is attacked from outside; its fork, the one from inside.
    from tests.attacks.inprocess import InProcess
    from tests.attacks.scene import Scene

    with Scene() as scene:
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            sys.exit(0 if status == 0 else 1)
        scene.facts["pid"] = os.getppid()
        say(corpus.STARTED)
        say(scene.play(attack, InProcess()))
        os._exit(0)


def _naive(forgery: Forgery) -> None:
    found = _naively(forgery.control, forgery.source, forgery.files)
    say([found] if found else [])


def _naively(control: Naive, source: str, files: Mapping[str, str] | None = None) -> str:
    from autograder.authoring.variants import read_variants
    from autograder.course import load_course
    from tests.attacks import naive

    right = read_variants(load_course().component("backprop")).right[0].source
    return naive.grade(control, {"nn/backprop.py": f"{right}\n\n{source}", **(files or {})})


def _graded(forgery: Forgery) -> None:
    import autograder.running.grader
    from tests.attacks.grading import Graded
    from tests.attacks.inprocess import InProcess

    autograder.running.grader.Sandbox = InProcess  # type: ignore[misc, assignment]
    graded = Graded()
    say(corpus.STARTED)
    say(graded.play(forgery, graded.grader.box))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
