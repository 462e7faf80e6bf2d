"""The tool `read_docs`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from pydantic import Field

from api.caller import Caller
from api.mcp.bounds import MAX_OUTPUT_CHARACTERS
from api.mcp.server import tool
from api.pagination import strange_cursor
from api.parameters import Cursor, Parameters, Text
from api.resources import Resource, nothing
from integrations.help.pages import HelpPage, help_page, help_pages


class DocsArguments(Parameters):
    path: Text | None = Field(
        None,
        description="Of one page, from the list that is given without it.",
        examples=["connect-livekit"],
    )
    cursor: Cursor | None = Field(
        None, description="`nextCursor` of the part before, with the same path."
    )


class DocsPage(Resource):
    path: str
    title: str
    summary: str
    url: str


class Docs(Resource):
    pages: list[DocsPage] = Field(description="The page asked for, or all there are.")
    markdown: str | None = Field(description="The page; null without a path.")
    next_cursor: str | None = Field(
        description="Pass it as `cursor` for the rest of a long page."
    )


@tool(
    title="Read Zelto's help",
    description="Zelto's own help as Markdown, with this instance's addresses: how to "
    "connect a LiveKit worker, the body of a post, why a call is missing, what each "
    "answer means. Without path it lists the pages.",
    takes=DocsArguments,
    gives=Docs,
    not_found="Call read_docs without a path for the pages there are.",
)
def read_docs(caller: Caller, arguments: DocsArguments) -> dict[str, Any]:
    """Return the list of help pages, or a part of one.

    Raises:
        Http404: there is no page of this path.
        Refusal: 400, the cursor is none of this page.
    """  # noqa: DOC501 - `nothing` makes an Http404
    if arguments.path is None:
        pages = [_listed(each) for each in help_pages()]
        return {"pages": pages, "markdown": None, "nextCursor": None}
    found = help_page(arguments.path)
    if found is None:
        raise nothing("page of the help", "path")
    text = found.markdown(caller.organization.slug)
    start = _place_in(arguments.cursor, len(text))
    end = min(start + MAX_OUTPUT_CHARACTERS, len(text))
    return {
        "pages": [_listed(found)],
        "markdown": text[start:end],
        "nextCursor": str(end) if end < len(text) else None,
    }


def _place_in(cursor: str | None, length: int) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 8):
        raise strange_cursor()
    if int(cursor) >= length:
        raise strange_cursor()
    return int(cursor)


def _listed(found: HelpPage) -> dict[str, str]:
    path = reverse("integrations:help-page", args=[found.path])
    return {
        "path": found.path,
        "title": found.title,
        "summary": found.summary,
        "url": f"{settings.BASE_URL}{path}",
    }
