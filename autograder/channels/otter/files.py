"""Lets `python -m otter`, started in this folder, find the plugin under the name that it has in the
autograder's container: `files.expressml_otter`.
"""

import os

__path__ = [os.path.dirname(os.path.abspath(__file__))]
