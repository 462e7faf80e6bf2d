"""Whether the collected static files are those of this release."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

# Beside what it speaks of: who removes that folder removes this with it.
NOTE = ".collected"
# What makes the files out of their sources.
MAKERS = ("Django", "whitenoise")


def are_collected() -> bool:
    """Tell whether the last `collectstatic` that was noted had the same sources."""
    try:
        noted = note_path().read_text("ascii")
    except FileNotFoundError:
        return False
    return noted == sources_digest()


def note_collected() -> None:
    note_path().write_text(sources_digest(), "ascii")


def forget_collected() -> None:
    note_path().unlink(missing_ok=True)


def note_path() -> Path:
    return Path(settings.STATIC_ROOT) / NOTE


def sources_digest() -> str:
    """Digest names, sizes and times of all sources, and how files are made of them."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for package in MAKERS:
        digest.update(f"{package} {version(package)}\n".encode())
    for finder in get_finders():
        for path, storage in finder.list(None):
            found = os.stat(storage.path(path))
            line = f"{path} {found.st_size} {found.st_mtime_ns}\n"
            digest.update(line.encode())
    return digest.hexdigest()
