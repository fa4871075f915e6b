"""Wrong and unusual-but-right solutions, one file per component: the proof that the tests are good.

A file here is read as a syntax tree and never executed. Each function or class at its top level is
one variant of the reference solution::

    @wrong("bias-averaged", caught_by="test_linear_backward_db_matches_differences")
    def linear_backward(dy, cache):
        \"\"\"Averages the bias gradient over the batch instead of summing it.\"\"\"
        ...

    @right("einsum")
    class _:
        \"\"\"Every product by einsum, the cache a dict.\"\"\"

        def linear_forward(x, w, b): ...

        def linear_backward(dy, cache): ...

A function replaces the reference's function of its name. A class replaces several, and brings along
what the reference does not have: helpers, constants, imports. All else is the reference's; so where
the cache holds something else, forward and backward are replaced together. A class inside that is
made from itself replaces single methods of the reference's::

    @wrong("forgets-the-last-layer", caught_by="test_forward")
    class _:
        \"\"\"Stops one layer early.\"\"\"

        class Net(Net):
            def forward(self, x): ...

The docstring says what is wrong, or unusual. `caught_by` names the test, local or hidden, that must
catch a wrong one; a right one must get full marks. `python -m autograder audit` tries them all, and
shows a test that no wrong one needs. In a file, `EQUIVALENT` maps a mechanical mutant that behaves
as the reference does to the reason.

`says` gives the words, of a title, a finding or a hint, or the id of a message, by which a student
who reads them knows the mistake or the property that it breaks; it is left out where nothing does.
`looks` are the ids of further guesses that hold of it. ``python -m autograder audit --messages``
counts what is named, and every guess that is in neither.
"""

from collections.abc import Callable
from typing import Any, TypeVar

Variant = TypeVar("Variant", bound=Callable[..., Any])


def wrong(
    name: str, *, caught_by: str, says: str = "", looks: tuple[str, ...] = ()
) -> Callable[[Variant], Variant]:
    """Mark a wrong solution, the test that must catch it, and what that says of the mistake."""

    def decorate(variant: Variant) -> Variant:
        return variant

    return decorate


def right(name: str) -> Callable[[Variant], Variant]:
    """Mark an unusual solution that must get full marks."""

    def decorate(variant: Variant) -> Variant:
        return variant

    return decorate
