"""``python -m gemrec``."""

import sys

from gemrec.cli import main

if __name__ == "__main__":
    sys.exit(main())
