from __future__ import annotations

import json
from typing import Any

import pytest

from worker_tests.contexts import Context
from zelto_livekit.session_body import WITHHELD, encode, session_body

ITEMS: list[dict[str, Any]] = [
    {"id": "i0", "type": "agent_config_update", "instructions": "Card 4111"},
    {"id": "i1", "type": "message", "role": "user", "content": ["Card 4111"]},
    {
        "id": "i2",
        "type": "function_call",
        "call_id": "c",
        "name": "pay",
        "arguments": "4111",
    },
    {
        "id": "i3",
        "type": "function_call_output",
        "call_id": "c",
        "output": "4111 charged",
    },
    {"id": "i4", "type": "agent_handoff", "new_agent_id": "4111"},
]


def encoded(redact: Any) -> dict[str, Any]:
    ctx = Context("AJ_1")
    ctx.history.items = ITEMS
    body: dict[str, Any] = json.loads(encode(session_body(ctx, "agent"), redact))
    return body


def items_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = body["sessionReport"]["chat_history"]["items"]
    return items


def test_each_item_of_the_history_passes_through_it() -> None:
    def mask(item: dict[str, Any]) -> dict[str, Any]:
        masked: dict[str, Any] = json.loads(json.dumps(item).replace("4111", "****"))
        return masked

    body = encoded(mask)
    assert "4111" not in json.dumps(body)
    assert [item["id"] for item in items_of(body)] == ["i0", "i1", "i2", "i3", "i4"]


def test_an_item_can_be_left_out() -> None:
    body = encoded(lambda item: None if item["type"] == "message" else item)
    assert [item["id"] for item in items_of(body)] == ["i0", "i2", "i3", "i4"]


@pytest.mark.parametrize(
    "failing", [lambda item: item["no such key"], lambda item: "text"]
)
def test_where_it_fails_no_word_leaves_the_process(
    failing: Any, caplog: pytest.LogCaptureFixture
) -> None:
    body = encoded(failing)
    assert "4111" not in json.dumps(body)
    assert "4111" not in caplog.text
    assert items_of(body)[1]["content"] == [WITHHELD]
    assert [item["id"] for item in items_of(body)] == ["i0", "i1", "i2", "i3", "i4"]


def test_it_cannot_change_what_the_session_itself_holds() -> None:
    def spoil(item: dict[str, Any]) -> dict[str, Any]:
        item.get("content", []).append("spoiled")
        return item

    encoded(spoil)
    assert ITEMS[1]["content"] == ["Card 4111"]
