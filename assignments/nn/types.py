"""The names that annotations use. They say what passes between your functions and a test."""

from typing import Any, TypeAlias

from numpy.typing import NDArray

# Data: a numpy.ndarray. A docstring says its shape, such as (N, D), and its dtype.
Array: TypeAlias = NDArray[Any]

# What a NAME_forward keeps for its NAME_backward: whatever you like (a tuple, a dict, an object of
# your own). A test passes it on and never looks inside.
Cache: TypeAlias = Any

# What an optimizer remembers from one step to the next: whatever you like, and None at first. A
# test passes it on and never looks inside.
State: TypeAlias = Any
