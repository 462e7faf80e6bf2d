"""Pages of rows that are large: short, and each with a cursor that leads on."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from tests.api.conftest import Api
from tests.conversations.conftest import MakeAgent, MakeConversation

pytestmark = pytest.mark.django_db

MEGABYTE = 1024 * 1024


def test_a_page_of_much_metadata_is_short_and_leads_on(
    api: Api, make_conversation: MakeConversation
) -> None:
    """As objects, the metadata of two hundred rows would take hundreds of megabytes."""
    large: dict[str, Any] = {"parts": [[]] * 15_000}  # 60,000 bytes
    rows = [
        make_conversation(metadata=large if number % 2 else {"n": number})
        for number in range(120)
    ]
    headers = {"Authorization": f"Bearer {api.key}"}
    path = "/v1/conversations?limit=200"
    api.client.get("/v1/conversations?limit=1", headers=headers)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        tracemalloc.start()
        page = api.client.get(
            f"{path}{cursor and f'&cursor={cursor}'}", headers=headers
        )
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 32 * MEGABYTE, f"{most / MEGABYTE:.1f} MB"
        part = page.json()
        assert all(len(row["metadata"]) == 1 for row in part["data"])
        seen += [row["id"] for row in part["data"]]
        cursor = part["nextCursor"]
    assert seen == [str(row.id) for row in reversed(rows)]


def test_a_page_of_long_prompts_is_short_and_leads_on(
    api: Api, make_agent: MakeAgent, make_conversation: MakeConversation
) -> None:
    agents = [make_agent() for _ in range(30)]
    for agent in agents:
        make_conversation(agent=agent, turns=[], system_prompt="x" * 100_000)
    seen: list[str] = []
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        part = api.get("/v1/agents", limit=200, **cursor).json()
        assert sum(len(one["systemPrompt"]) for one in part["data"]) < 1.2 * MEGABYTE
        seen += [one["id"] for one in part["data"]]
        cursor = {"cursor": part["nextCursor"]} if part["nextCursor"] else None
    assert seen == [str(agent.id) for agent in reversed(agents)]
