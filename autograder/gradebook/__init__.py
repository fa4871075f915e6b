"""nbgrader's gradebook, written from results: `nbgrader export`, feedback and formgrader read it.

nbgrader takes seconds to import, so nothing here is imported before a gradebook is asked for.
"""

from autograder.gradebook.database import Database, check_url, open_gradebook, stamp
from autograder.gradebook.writing import Written, write_gradebook

__all__ = [
    "Database",
    "Written",
    "check_url",
    "open_gradebook",
    "stamp",
    "write_gradebook",
]
