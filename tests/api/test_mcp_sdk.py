"""The official client of MCP against a running server, in both eras of the protocol:
with a handshake (2025), and without (2026)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from pytest_django.live_server_helper import LiveServer

from accounts.models import ApiKey
from tests.conversations.conftest import MakeConversation

pytestmark = pytest.mark.django_db(transaction=True)


async def talk(url: str, key: str, mode: str, conversation_id: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=20) as http,
        Client(
            streamable_http_client(f"{url}/mcp", http_client=http), mode=mode
        ) as client,
    ):
        unknown = "00000000-0000-7000-8000-000000000000"
        return {
            "version": client.protocol_version,
            "instructions": client.session.instructions,
            "tools": await client.list_tools(),
            "health": await client.call_tool("health", {}),
            "transcript": await client.call_tool(
                "get_transcript", {"conversationId": conversation_id}
            ),
            "unknown": await client.call_tool("get_agent", {"agentId": unknown}),
        }


@pytest.mark.parametrize(
    ("mode", "version"), [("legacy", "2025-11-25"), ("auto", "2026-07-28")]
)
def test_the_client_finds_its_way(
    live_server: LiveServer,
    full_key: tuple[ApiKey, str],
    make_conversation: MakeConversation,
    mode: str,
    version: str,
) -> None:
    turns = [{"role": "user", "content": "Grüße 😀"}]
    conversation = make_conversation(turns=turns)
    told = asyncio.run(talk(live_server.url, full_key[1], mode, str(conversation.id)))
    assert told["version"] == version
    assert "Begin with `health`" in told["instructions"]
    assert len(told["tools"].tools) == 10
    assert told["health"].structured_content["organization"] == "Acme"
    assert told["transcript"].structured_content["content"] == turns
    assert told["unknown"].is_error
    assert "list_agents gives the ids" in told["unknown"].content[0].text


def test_a_wrong_key_is_refused_before_anything(live_server: LiveServer) -> None:
    with pytest.raises(BaseExceptionGroup) as refused:
        asyncio.run(talk(live_server.url, "zelto_wrong", "auto", ""))
    assert refused.value
