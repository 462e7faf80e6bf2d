"""The tool `list_workers`."""

from __future__ import annotations

from typing import Any

from api.caller import Caller
from api.mcp.bounds import LONG_TEXT, cut_texts
from api.mcp.pages import page_of
from api.mcp.parts import part_that_fits
from api.mcp.server import tool
from api.monitoring.workers import Worker, WorkerParameters
from api.monitoring.workers import list_workers as list_
from api.resources import as_json


@tool(
    title="Workers",
    description="Hosts whose worker forwards with the package zelto-livekit: versions, "
    "when each forwarded last, what waits in its outbox. state=silent or refused needs a "
    "look.",
    takes=WorkerParameters,
    gives=page_of(Worker),
    not_found="Take agentId from `list_agents`.",
)
def list_workers(caller: Caller, arguments: WorkerParameters) -> dict[str, Any]:
    """List hosts that forward."""
    part = list_(caller.organization, arguments)
    rows = (cut_texts(as_json(row), LONG_TEXT) for row in part.rows)
    return part_that_fits(part, rows)
