"""``python -m autoarr`` is the ``autoarr`` command."""

import sys

from autoarr.cli import main

if __name__ == "__main__":
    sys.exit(main())
