"""The tool `list_issues`."""

from __future__ import annotations

from typing import Any

from api.caller import Caller
from api.mcp.bounds import LONG_TEXT, cut_texts
from api.mcp.pages import page_of
from api.mcp.parts import part_that_fits
from api.mcp.server import tool
from api.monitoring.issues import Issue, IssueParameters
from api.monitoring.issues import list_issues as list_
from api.resources import as_json


@tool(
    title="Issues",
    description="What Zelto found wrong, the newest first: silent agents, refused or "
    "missing sessions, expiring keys, each with its cause in sentences. state=open is "
    "what is wrong now.",
    takes=IssueParameters,
    gives=page_of(Issue),
)
def list_issues(caller: Caller, arguments: IssueParameters) -> dict[str, Any]:
    """List issues."""
    part = list_(caller.key, arguments)
    rows = (cut_texts(as_json(row), LONG_TEXT) for row in part.rows)
    return part_that_fits(part, rows)
