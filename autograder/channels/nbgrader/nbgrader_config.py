# Written by `python -m autograder release --to nbgrader`. nbgrader reads it in this folder.
#
# It puts the course's own grader, in kit/, where nbgrader would run a student's notebook: there a
# sandbox stands around the student's code, and hidden tests stay outside of it. Add settings of
# your own below the last line.
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
KIT = HERE / "kit"

# nbgrader passes over an error in this file and would go on without it: run students' code itself,
# on this machine, and give full marks for what prints nothing. Only leaving the program stops it.
if not (KIT / "autograder").is_dir():
    sys.exit(
        f"{KIT} is missing, and nothing is graded without it: copy it here from where the course "
        "directory was made, or make that anew (python -m autograder release --to nbgrader)"
    )
sys.path.insert(0, str(KIT))
try:
    from autograder.channels.nbgrader.converters import configure

    configure(get_config(), HERE)  # type: ignore[name-defined]  # noqa: F821
except Exception as error:
    sys.exit(f"the course's grader in {KIT} cannot be loaded ({type(error).__name__}: {error})")
