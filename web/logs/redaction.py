"""Keeps links that open something out of the log."""

from __future__ import annotations

import logging
import re

# The slash may be escaped, within `?next=`.
_SECRET_PATH = re.compile(
    r"((?:/|%2F)(?:welcome|invitation|password(?:/|%2F)reset|livekit)(?:/|%2F)+)[^/\s?\"'&%]{12,}",
    re.IGNORECASE,
)


def hide(text: str) -> str:
    """Return the text with the tokens masked of sign-up, invitation and reset links, and
    of upload addresses.
    """
    return _SECRET_PATH.sub(r"\1…", text)


class HideSecretPaths(logging.Filter):
    """A filter that masks tokens in records: Django logs the path of every refused
    request.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = hide(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(
                hide(value) if isinstance(value, str) else value
                for value in record.args
            )
        return True
