"""What each tool gives for every hand-in: run once, whichever tests look at it."""

from tests.channels.by_grade import by_grade
from tests.channels.by_gradescope import by_gradescope, uploaded
from tests.channels.by_nbgrader import by_nbgrader
from tests.channels.by_otter import by_otter

__all__ = ["by_grade", "by_gradescope", "by_nbgrader", "by_otter", "uploaded"]
