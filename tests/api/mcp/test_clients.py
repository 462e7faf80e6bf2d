"""Clients of MCP as they really ask: their requests were recorded from the released
packages, whose names and versions the files have, between them and a running Zelto.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey
from tests.conversations.conftest import MakeConversation

pytestmark = pytest.mark.django_db

RECORDED = sorted(Path("tests/payloads/mcp").glob("*.jsonl"))


def answer(key: str, request: dict[str, Any]) -> Any:
    """Return the answer to a request as it was recorded, but for the key."""
    body = request["body"]
    return Client().generic(
        request["method"],
        "/mcp",
        json.dumps(body) if body else "",
        content_type=request["headers"].get("content-type", ""),
        headers=request["headers"] | {"Authorization": f"Bearer {key}"},
    )


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_each_request_of_the_client_is_answered(
    full_key: tuple[ApiKey, str], make_conversation: MakeConversation, file: Path
) -> None:
    make_conversation(metadata={"campaign": "spring"})
    called = set()
    for line in file.read_text("utf-8").splitlines():
        request = json.loads(line)
        given = answer(full_key[1], request)
        body = request["body"]
        if body is None:  # whether there is a stream of events: there is none
            assert (request["method"], given.status_code) == ("GET", 405)
        elif "id" not in body:
            assert given.status_code == 202
        else:
            assert given.status_code == 200, given.content
            result = given.json()["result"]
            assert not result.get("isError"), (body, result)
            called.add(body["method"])
    assert {"initialize", "tools/call"} <= called


def test_there_are_recordings() -> None:
    assert {file.stem.rpartition("-")[0] for file in RECORDED} == {
        "gemini-cli",
        "inspector",
        "n8n",
        "opencode",
        "typescript-sdk",
    }
