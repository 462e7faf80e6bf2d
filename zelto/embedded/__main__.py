"""Run `python -m zelto.embedded`."""

import sys

from zelto.embedded.cli import main

if __name__ == "__main__":
    sys.exit(main())
