"""`python -m tests.channels`: which submission gets how many points in which channel."""

import sys
from pathlib import Path

import pytest

from autograder.course import ROOT

PLACE = (Path(__file__).parent / "test_points.py").relative_to(ROOT)

if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "--capture=no", f"--rootdir={ROOT}", str(ROOT / PLACE)]))
