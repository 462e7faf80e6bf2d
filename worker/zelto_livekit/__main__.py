"""Runs the command as `python -m zelto_livekit`."""

import sys

from zelto_livekit.command import main

sys.exit(main())
