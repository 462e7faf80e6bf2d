"""What the package sends, as Zelto reads it: nothing is refused, dropped or cut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from integrations import providers

from worker_tests.contexts import STARTED_AT, Context
from zelto_livekit.doctor.connection import session_of_test
from zelto_livekit.session_body import as_of_dead_job, body_so_far, encode, session_body


def read(body: dict[str, Any]) -> Any:
    found = providers.read("livekit", json.loads(encode(body, None)))
    assert found.update is not None, found
    return found


@pytest.mark.parametrize("has_report", [True, False])
def test_zelto_takes_a_session(has_report: bool) -> None:
    ctx: Any = Context("AJ_1", "hello", has_report=has_report)
    found = read(session_body(ctx, "front-desk"))
    update = found.update
    assert found.warnings == []
    assert update.external_id == "AJ_1"
    assert update.agent.external_id == "front-desk"
    assert [turn["content"] for turn in update.turns] == ["hello"]
    assert update.started_at.timestamp() == STARTED_AT


def test_zelto_takes_what_a_killed_job_left() -> None:
    ctx: Any = Context("AJ_1", "hello")
    found = read(as_of_dead_job(body_so_far(ctx, "front-desk")))
    assert found.warnings == []
    assert found.update.ended_reason == "worker_died"
    assert found.update.metadata["partial"] is True
    assert found.update.ended_at > found.update.started_at


def test_zelto_sees_that_the_session_of_the_doctor_is_a_test() -> None:
    found = read(session_of_test("zelto-test-1"))
    assert found.warnings == []
    assert found.update.metadata["zeltoTest"] is True
    assert len(found.update.turns) == 2
