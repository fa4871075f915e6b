"""The staff's program: `python -m autograder`."""
