"""Helpers that read what was downloaded."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

from django.core.signals import request_finished
from django.db import close_old_connections

URL = "/org/acme/conversations/export/file"
Export = Callable[..., bytes]


def let_go(response):
    """Close a response as a server does whose client went, but with the test's own
    connection.
    """
    request_finished.disconnect(close_old_connections)
    response.close()
    request_finished.connect(close_old_connections)


def read_csv(body):
    """Return the rows of a CSV file as dictionaries."""
    assert body.startswith(b"\xef\xbb\xbf")
    text = body.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def read_lines(body):
    """Return the objects of a file of JSON lines."""
    return [json.loads(line) for line in body.decode().split("\n") if line]
