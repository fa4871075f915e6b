"""`python -m shared doctor`."""

import sys
from pathlib import Path

from shared.doctor import examine, show

USAGE = "usage: python -m shared doctor"

if __name__ == "__main__":
    if sys.argv[1:] != ["doctor"]:
        print(USAGE, file=sys.stderr)
        sys.exit(4)
    sys.exit(show(examine(Path.cwd())))
