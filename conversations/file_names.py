"""Names of files that people download."""

from __future__ import annotations

import re

UNSAFE_IN_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
MAX_STEM_CHARACTERS = 80


def file_name(reference: str, ending: str, *, otherwise: object) -> str:
    """Return a name that every system accepts, made of what is left of a reference.

    otherwise: the stem where nothing is left of it.
    """
    stem = UNSAFE_IN_FILE_NAME.sub("_", reference).strip("._")[:MAX_STEM_CHARACTERS]
    return f"{stem or otherwise}.{ending}"
