"""The format of a line in the log: text for people, JSON for collectors.

Each line that is written while a request is answered names that request.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from web.iso_time import iso_milliseconds
from web.logs.redaction import hide
from web.request_id import current_request, request_id_of
from web.storable_text import escape_unprintable


class TextFormatter(logging.Formatter):
    """One line of text a record, with the request at its end.

    A path or a name may hold line ends and commands for a terminal. So what does not
    print is escaped, and only lines that begin with spaces follow: those of a traceback.
    """

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        about = " ".join(str(value) for value in request_facts(record).values())
        return f"{line} [{about}]" if about else line

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record)
        lines = [self.formatMessage(record)]
        # Not what another handler left in the record, which is not escaped.
        if record.exc_info:
            lines += _indented(self.formatException(record.exc_info))
        if record.stack_info:
            lines += _indented(record.stack_info)
        return hide("\n".join(map(escape_unprintable, lines)))


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.split("\n")]


class JsonFormatter(logging.Formatter):
    """One JSON object a line; `exception` holds the traceback, with its line ends."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        facts: dict[str, Any] = {
            "time": iso_milliseconds(moment),
            "level": record.levelname,
            "logger": record.name,
            "message": hide(record.getMessage()),
            **request_facts(record),
        }
        if record.exc_info:
            facts["exception"] = hide(self.formatException(record.exc_info))
        if record.stack_info:
            facts["stack"] = hide(record.stack_info)
        return json.dumps(facts)


def request_facts(record: logging.LogRecord) -> dict[str, Any]:
    """Return the id, method, path and status of the record's request; empty outside of
    one.
    """
    # Django itself logs a refusal after the middleware is left, with its request.
    request = getattr(record, "request", None) or current_request.get()
    if not isinstance(request, HttpRequest):
        return {}
    facts: dict[str, Any] = {
        "requestId": request_id_of(request),
        "method": request.method,
        "path": hide(request.path),
    }
    status = getattr(record, "status_code", None)
    if status is not None:
        facts["status"] = status
    return facts
