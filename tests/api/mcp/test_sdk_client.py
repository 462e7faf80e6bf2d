"""The official client of MCP against a really running server, in both eras of the
protocol: with a handshake (2025), and without (2026)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.api.schema.running import Program, Running

pytestmark = pytest.mark.processes

ERAS = [("legacy", "2025-11-25"), ("auto", "2026-07-28")]
OF_AN_ID = {
    "get_agent": "agentId",
    "get_conversation": "conversationId",
    "get_transcript": "conversationId",
    "get_connection_status": "agentId",
}
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def posted(running: Running) -> Iterator[tuple[Program, dict[str, Any]]]:
    """A program of an organization, and its conversation; one post was refused."""
    with running.program(running.key("Context")) as program:
        conversation = program.post("call-1")
        program.http.post("/webhooks/calls", json={"call": {}})
        program.wait_for_rows("/v1/conversations", 1, q="order")
        program.wait_for_rows("/v1/deliveries", 1, outcome="rejected")
        yield program, conversation


@pytest.fixture(scope="module")
def reading_key(running: Running, posted: object) -> str:
    return running.key("Context", "read")


@asynccontextmanager
async def session(
    url: str, key: str, mode: str, refusals: list[httpx2.Response]
) -> AsyncIterator[Client]:
    """refusals: the client tells nobody what they say, so they are kept there."""

    async def keep(response: httpx2.Response) -> None:
        if response.is_error:
            await response.aread()
            refusals.append(response)

    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(
            headers=headers, timeout=30, event_hooks={"response": [keep]}
        ) as http,
        Client(
            streamable_http_client(f"{url}/mcp", http_client=http), mode=mode
        ) as client,
    ):
        yield client


async def call_all(
    url: str, key: str, mode: str, calls: dict[str, dict[str, Any]]
) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    async with session(url, key, mode, []) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        results = {
            name: await client.call_tool(name, arguments)
            for name, arguments in calls.items()
        }
        return (
            client.protocol_version,
            client.session.instructions or "",
            listed,
            results,
        )


@pytest.mark.parametrize(("mode", "version"), ERAS)
def test_the_client_lists_and_calls_every_tool(
    posted: tuple[Program, dict[str, Any]],
    reading_key: str,
    mode: str,
    version: str,
) -> None:
    program, conversation = posted
    calls: dict[str, dict[str, Any]] = {
        "health": {},
        "list_agents": {},
        "get_agent": {"agentId": conversation["agentId"]},
        "list_conversations": {"metadata": {"campaign": "spring"}, "limit": 1},
        "get_conversation": {"conversationId": conversation["id"]},
        "get_transcript": {"conversationId": conversation["id"]},
        "search_transcripts": {"q": "order"},
        "list_deliveries": {"outcome": "rejected"},
        "list_expected_sessions": {"state": "missing"},
        "list_issues": {"state": "open"},
        "list_workers": {},
        "get_connection_status": {"agentId": conversation["agentId"]},
        "read_docs": {"path": "statuses"},
    }
    spoken, instructions, listed, results = asyncio.run(
        call_all(program.url, reading_key, mode, calls)
    )
    assert spoken == version
    assert "Begin with `health`" in instructions
    assert listed.keys() == calls.keys()
    told = {}
    for name, result in results.items():
        assert not result.is_error, result
        told[name] = result.structured_content
        Draft202012Validator(listed[name].output_schema).validate(told[name])
    page = f"{program.url}/org/context/conversations/{conversation['id']}"
    of_rest = program.get(f"/v1/conversations/{conversation['id']}")
    assert told["health"]["organization"] == "Context"
    assert told["health"]["keyScope"] == "read"
    assert told["list_agents"]["data"] == [told["get_agent"]]
    assert told["get_agent"]["name"] == "Front desk"
    assert told["get_conversation"] == of_rest | {"url": page}
    assert told["list_conversations"]["data"] == [told["get_conversation"]]
    assert len(told["get_transcript"]["content"]) == 2
    (found,) = told["search_transcripts"]["data"]
    assert (found["url"], found["matches"][0]["turn"]) == (page, 1)
    (refused,) = told["list_deliveries"]["data"]
    assert refused["errors"][0]["path"] == "call.externalId"
    status = {
        each["provider"]: each for each in told["get_connection_status"]["providers"]
    }
    assert status["zelto"]["state"] == "active"
    assert status["zelto"]["refused"]["newest"]["id"] == refused["id"]
    assert told["read_docs"]["markdown"].startswith("# Answers and states")


@pytest.mark.parametrize(("mode", "version"), ERAS)
def test_what_does_not_fit_is_an_error_that_says_what_would(
    posted: tuple[Program, dict[str, Any]], reading_key: str, mode: str, version: str
) -> None:
    program, _ = posted
    calls: dict[str, dict[str, Any]] = {
        **{name: {argument: "call-1"} for name, argument in OF_AN_ID.items()},
        "list_agents": {"limit": 0},
        "list_conversations": {"limit": 0},
        "list_deliveries": {"status": 500},
        "list_expected_sessions": {"state": "lost"},
        "list_issues": {"state": "lost"},
        "list_workers": {"limit": 0},
        "read_docs": {"path": "statuses", "cursor": "end"},
        "search_transcripts": {},
    }
    _, _, listed, results = asyncio.run(call_all(program.url, reading_key, mode, calls))
    # Whatever is sent to `health` fits.
    assert listed.keys() - {"health"} == calls.keys()
    for name, result in results.items():
        assert result.is_error, name
        assert "Arguments of this tool: " in result.content[0].text


@pytest.mark.parametrize(("mode", "version"), ERAS)
def test_ids_of_another_organization_are_ids_of_nothing(
    running: Running,
    posted: tuple[Program, dict[str, Any]],
    mode: str,
    version: str,
) -> None:
    program, conversation = posted
    outsider = running.key("Elsewhere")
    for ids in (conversation, {"agentId": UNKNOWN, "id": UNKNOWN}):
        ours = {"agentId": ids["agentId"], "conversationId": ids["id"]}
        calls = {name: {each: ours[each]} for name, each in OF_AN_ID.items()}
        _, _, _, results = asyncio.run(call_all(program.url, outsider, mode, calls))
        for result in results.values():
            assert result.is_error
            assert "There is no " in result.content[0].text
            assert " the ids" in result.content[0].text


@pytest.mark.parametrize(("mode", "version"), ERAS)
@pytest.mark.parametrize(
    ("scope", "status", "words"),
    [("ingest", 403, "may only post"), (None, 401, "not a Zelto API key")],
)
def test_a_key_that_may_not_read_ends_the_session_before_it_begins(
    running: Running,
    scope: str | None,
    status: int,
    words: str,
    mode: str,
    version: str,
) -> None:
    key = running.key("Context", scope) if scope else "zelto_wrong"
    refusals: list[httpx2.Response] = []

    async def talk() -> None:
        async with session(running.stack.url, key, mode, refusals) as client:
            await client.call_tool("health", {})

    with pytest.raises(ExceptionGroup):
        asyncio.run(talk())
    assert {one.status_code for one in refusals} == {status}
    assert refusals[0].headers["Content-Type"] == "application/problem+json"
    assert words in refusals[0].text
