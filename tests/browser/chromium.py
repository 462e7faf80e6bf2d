"""Debian's or the user's own Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

# The shell first: it has no window to draw, and takes half the CPU for the same pages.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
# It asks nobody outside, and runs as root too.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str:
    """Return the path of Chromium, or of what ZELTO_CHROMIUM names.

    Raises:
        FileNotFoundError: there is none.
    """
    named = os.environ.get("ZELTO_CHROMIUM", "")
    for name in [named] if named else NAMES:
        path = shutil.which(name)
        if path:
            return path
    raise FileNotFoundError(
        f"There is no {named or 'Chromium'}. Install it (on Debian: apt install "
        "chromium) or name one in ZELTO_CHROMIUM."
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser for the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=ARGUMENTS
        )
        try:
            yield browser
        finally:
            browser.close()
