"""The names that annotations use. They say what passes between your functions and a test."""

if __name__ == "types":
    # Python was started in the folder `nn`, or on a file of it, and takes this file for its own
    # module `types`. Nothing would work, and what it says would be a riddle.
    raise SystemExit(
        "The files of nn/ are not run by themselves. In the folder above: python -m pytest\n"
        "Файлы из nn/ сами по себе не запускаются. В папке над ней: python -m pytest"
    )

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
