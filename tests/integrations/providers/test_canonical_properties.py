"""Whatever JSON object comes: it is read, and what is taken can be stored."""

from __future__ import annotations

import copy
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.projection.fold import size_as_json
from conversations.projection.update import CallUpdate
from integrations.providers import PROVIDERS, Reading, read
from integrations.request_body import parse
from tests.integrations.bodies import recorded
from web.storable_text import is_storable

NAMES = st.sampled_from(
    [
        *("call", "agent", "agentId", "transcript", "turns", "items", "sessionReport"),
        *("chat_history", "role", "content", "externalId", "metadata", "type"),
        *("job_id", "agent_name", "arguments", "usage", "recordingUrl", "name"),
        *("timestamp", "duration_ms", "close_reason", "startedAt", "cost", "customer"),
    ]
)
TEXT = st.text(
    st.characters(codec=None, exclude_categories=()), max_size=8
) | st.sampled_from(["\0", "\ud800", "x" * 300, "user", "message", "1e999", "12"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**60, max_value=10**300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON: Any = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | TEXT, inner, max_size=6)
    ),
    max_leaves=25,
)
RECORDED = [
    recorded(f"{name}.{shape}.json")
    for name in ("order", "handoff")
    for shape in ("canonical", "session_report")
]
RICH = [
    {
        "call": {
            "externalId": "c",
            "cost": "0.1",
            "recordingUrl": "https://h/a",
            "customer": {"name": "Ada", "number": 5},
        },
        "agentId": "0193a7e2-5a4c-7cc2-9a3e-6b2f8f1d2c3b",
        "metadata": {"own": 1},
        "sessionReport": RECORDED[3],
    },
    {
        "call": {"externalId": "c", "startedAt": 1_795_350_708},
        "agent": {"externalId": "a", "name": "A"},
        "version": "1",
        "transcript": RECORDED[1]["chat_history"],
    },
    RECORDED[1] | {"agent": {"externalId": "a"}},
]


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps: Any = ()
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    return [
        way,
        *(place for step, child in steps for place in places(child, (*way, step))),
    ]


PLACES = [
    (index, place)
    for index, one in enumerate(RECORDED + RICH)
    for place in places({k: v for k, v in one.items() if k != "events"})
    if place
]


def leads(step: Any, target: Any) -> bool:
    """Whether a step is still there after earlier changes."""
    if isinstance(target, list):
        return isinstance(step, int) and step < len(target)
    return isinstance(target, dict) and step in target


@st.composite
def mutated(draw: Any) -> dict[str, Any]:
    """A real body with some of its parts replaced by anything."""
    index, _ = draw(st.sampled_from(PLACES))
    payload: dict[str, Any] = copy.deepcopy((RECORDED + RICH)[index])
    here = [place for at, place in PLACES if at == index]
    for place in draw(st.lists(st.sampled_from(here), min_size=1, max_size=4)):
        target: Any = payload
        for step in place[:-1]:
            target = target[step] if leads(step, target) else None
        if leads(place[-1], target):
            target[place[-1]] = draw(JSON)
    return payload


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value, *(text for child in value.values() for text in texts(child))]
    if isinstance(value, list):
        return [text for child in value for text in texts(child)]
    return []


def holds(text: str | None, most: int) -> bool:
    return text is None or (0 < len(text) <= most and is_storable(text))


def check_update(update: CallUpdate) -> None:
    assert holds(update.external_id, 255)
    assert update.agent.id is not None or update.agent.external_id is not None
    assert holds(update.agent.external_id, 255)
    assert holds(update.agent.name, 255)
    assert holds(update.ended_reason, 255)
    assert holds(update.customer_name, 255)
    assert holds(update.customer_number, 64)
    assert holds(update.version, 255)
    assert holds(update.system_prompt, 100_000)
    assert holds(update.recording_url, 4096)
    for moment in (update.started_at, update.ended_at):
        assert moment is None or isinstance(moment, datetime)
        assert moment is None or 1970 <= moment.year <= 2100
    assert 0 <= (update.duration_seconds or 0) <= 365 * 24 * 3600
    assert 0 <= (update.cost or Decimal()) < 10**12
    assert size_as_json(update.metadata or {}) <= 64 * 1024
    json.dumps([update.metadata, update.turns], allow_nan=False)
    assert all(is_storable(text) for text in texts(update.metadata))
    assert all(is_storable(text) for text in texts(update.turns))
    for turn in update.turns or ():
        assert turn["role"] in ("user", "assistant", "system", "tool")
        assert isinstance(turn["content"], str)


def check(reading: Reading) -> None:
    assert (reading.update is None) == bool(reading.errors)
    assert len(reading.warnings) <= 100
    for fault in [*reading.errors, *reading.warnings]:
        assert is_storable(fault.path + fault.detail)
        assert len(fault.detail) < 300
    assert holds(reading.agent_reference, 255)
    assert holds(reading.call_external_id, 255)
    if reading.update is not None:
        check_update(reading.update)


THOROUGH = settings(
    max_examples=200, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("provider", [*PROVIDERS, "upload"])
@THOROUGH
@given(payload=st.dictionaries(NAMES | TEXT, JSON, max_size=6))
def test_any_object_is_read(provider, payload):
    check(read(provider, payload))


@pytest.mark.parametrize("provider", PROVIDERS)
@THOROUGH
@given(payload=mutated())
def test_any_change_to_a_real_body_is_read(provider, payload):
    before = copy.deepcopy(payload)
    reading = read(provider, payload)
    check(reading)
    assert payload == before
    assert read(provider, payload) == reading


@THOROUGH
@given(payload=mutated())
def test_what_was_parsed_is_read_alike(payload):
    parsed = parse(json.dumps(payload).encode())
    assert read("livekit", parsed) == read("livekit", payload)
