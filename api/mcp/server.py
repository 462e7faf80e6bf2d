"""The MCP server at `/mcp`, for coding agents.

Refused before any JSON-RPC: another method, a page of another site, no key, a key that
may not read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django_mcpz.server import MCPServer, ToolError, host_allowed, public
from pydantic import BaseModel

from api.caller import Caller, find_caller
from api.drf_hooks import refused
from api.mcp.arguments import read_tool_arguments
from api.mcp.schemas import Schema, argument_types, input_schema, output_schema
from api.parameters import Parameters
from integrations.problems import Refusal, problem
from integrations.request_body import MAX_DEPTH, too_much
from web.json_bounds import Bounds, OverBounds, check_bounds
from web.request_id import request_id_of

logger = logging.getLogger(__name__)

Arguments = TypeVar("Arguments", bound=Parameters)
Give = Callable[[Caller, Arguments], dict[str, Any]]

MAX_BODY_BYTES = 256 * 1024
MAX_BODY = Bounds(containers=10_000, values=50_000, depth=MAX_DEPTH)
INSTRUCTIONS = """\
Zelto keeps the finished sessions of an organization's voice agents. A worker posts each \
one to a webhook (a delivery); Zelto makes a conversation of it. All tools only read.

Begin with `health`; `list_issues` with state=open is what is wrong now. To find out why \
sessions are missing: `get_connection_status`, then `list_deliveries` with \
outcome=rejected or failed, then `read_docs`. To find what was said: \
`search_transcripts`, then `get_transcript`. Ids are UUIDs from the lists. Lists are \
newest first; pass `nextCursor` as `cursor` for more. Every object has a `url` that a \
person can open.
"""
AWAY = (
    "The database does not answer, or not in time. Call it again in a moment; a filter "
    "leaves less to look through."
)
FAULT = (
    "This is a fault of Zelto's: calling it again will not help. Tell the user that "
    "Zelto's log has it under the request id"
)

server = MCPServer(
    name="zelto",
    title="Zelto",
    version=settings.VERSION,
    instructions=INSTRUCTIONS,
    # `mcp` has looked at the key already.
    auth=public,
)


def tool(
    *,
    title: str,
    description: str,
    takes: type[Arguments],
    gives: type[BaseModel],
    not_found: str = "",
) -> Callable[[Give[Arguments]], Give[Arguments]]:
    """Register a function as the tool of its name.

    not_found: where to find the id that the tool needs.
    """

    def register(give: Give[Arguments]) -> Give[Arguments]:
        server.tool(
            name=give.__name__,
            title=title,
            description=description,
            input_schema=input_schema(takes),
            output_schema=output_schema(gives),
            read_only=True,
            destructive=False,
            idempotent=True,
            open_world=False,
        )(_answering(give, takes, not_found))
        return give

    return register


def _answering(
    give: Give[Arguments], takes: type[Arguments], not_found: str
) -> Callable[[HttpRequest, dict[str, Any]], dict[str, Any]]:
    """Return what the server calls: it reads the arguments, and answers every exception
    as a text from which a model can go on.
    """
    types = argument_types(takes)

    def answer(request: HttpRequest, sent: dict[str, Any]) -> dict[str, Any]:
        try:
            arguments = read_tool_arguments(takes, types, sent)
            return give(request.mcp_caller, arguments)  # type: ignore[attr-defined]
        except Refusal as refusal:
            raise ToolError(_advice(refusal, types)) from refusal
        except Http404 as missing:
            raise ToolError(f"{missing} {not_found}".strip()) from missing
        except (OperationalError, InterfaceError) as away:
            raise ToolError(AWAY) from away
        except Exception as fault:
            logger.exception("The tool %s failed", give.__name__)
            detail = f"{FAULT} {request_id_of(request)}."
            raise ToolError(detail) from fault

    return answer


def _advice(refusal: Refusal, types: Mapping[str, Schema]) -> str:
    """Return what is wrong, and the arguments that there are: the model's next try
    should fit.
    """
    names = ", ".join(types)
    faults = "; ".join(f"{one['path']} {one['detail']}" for one in refusal.errors)
    return f"{faults or refusal.detail}. Arguments of this tool: {names}."


@csrf_exempt
def mcp(request: HttpRequest) -> HttpResponse:
    """Answer a POST of JSON-RPC by a program whose key may read."""
    if request.method != "POST":
        detail = f"Send a POST to {request.path}, not a {request.method}."
        return problem(request, 405, detail, headers={"Allow": "POST"})
    if not _is_from_here(request.headers.get("Origin")):
        detail = "A page of another site may not ask here: its Origin is not ours."
        return problem(request, 403, detail)
    try:
        caller = find_caller(request)
        caller.require(writes=False)
    except Refusal as refusal:
        return refused(request, refusal)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
        detail = f"The body is over the limit of {MAX_BODY_BYTES:,} bytes."
        return problem(request, 413, detail)
    try:
        check_bounds(request.body, MAX_BODY)
    except OverBounds as over:
        fault = too_much(over)
        return problem(request, fault.status, fault.detail)
    request.mcp_caller = caller  # type: ignore[attr-defined]
    return server(request)


def _is_from_here(origin: str | None) -> bool:
    """Tell whether a request may come from a browser with this `Origin`.

    Programs send none; a browser does, and it must not be led here by a name that
    points at this machine (DNS rebinding).
    """
    if origin is None:
        return True
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return False
    return host is not None and host_allowed(host)
