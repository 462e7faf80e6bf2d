"""Keeps links that open something out of the log."""

from __future__ import annotations

import logging
import re

_SECRET_PATH = re.compile(r"(/(?:welcome|invitation|password/reset)/)[^/\s?\"']{12,}")


def hide(text: str) -> str:
    return _SECRET_PATH.sub(r"\1…", text)


class HideSecretPaths(logging.Filter):
    """Django logs the path of every request that it refuses."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = hide(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(
                hide(value) if isinstance(value, str) else value
                for value in record.args
            )
        return True
