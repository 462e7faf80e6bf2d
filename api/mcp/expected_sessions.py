"""The tool `list_expected_sessions`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from accounts.models import Organization
from api.caller import Caller
from api.expected_sessions import ExpectedSession, ExpectedSessionParameters
from api.expected_sessions import list_expected_sessions as list_
from api.mcp.bounds import LONG_TEXT, cut_texts
from api.mcp.pages import page, page_of, with_url
from api.mcp.parts import part_that_fits
from api.mcp.server import tool
from api.resources import as_json

ExpectedSessionWithPage = with_url(ExpectedSession)


@tool(
    title="Expected sessions",
    description="Every session that a watched LiveKit project told of, the newest first, "
    "with whether it arrived here. state=missing and refused show those that were lost. "
    "Empty where no LiveKit project is watched.",
    takes=ExpectedSessionParameters,
    gives=page_of(ExpectedSessionWithPage),
)
def list_expected_sessions(
    caller: Caller, arguments: ExpectedSessionParameters
) -> dict[str, Any]:
    """List expected sessions."""
    organization = caller.organization
    part = list_(organization, arguments)
    return part_that_fits(part, (_shown(organization, row) for row in part.rows))


def _shown(organization: Organization, session: ExpectedSession) -> dict[str, Any]:
    return cut_texts(as_json(session), LONG_TEXT) | {
        "url": _page_of(organization, session)
    }


def _page_of(organization: Organization, session: ExpectedSession) -> str:
    if session.conversation_id:
        return page(organization, "conversations:detail", session.conversation_id)
    listed = page(organization, "integrations:expected-sessions")
    reference = session.job_id or session.room_sid
    return f"{listed}?{urlencode({'reference': reference})}" if reference else listed
