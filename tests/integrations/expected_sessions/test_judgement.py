"""What becomes of an expected session, from what is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from integrations.expected_sessions.judgement import (
    MAX_RUNNING,
    Arrived,
    Gap,
    Known,
    RefusedDelivery,
    is_late,
    judge,
)

ENDED = datetime(2026, 11, 28, 14, 2, tzinfo=UTC)
STARTED = ENDED - timedelta(minutes=3)
GRACE = timedelta(minutes=10)
SOON, LATER = ENDED + timedelta(minutes=1), ENDED + timedelta(minutes=11)
ENDED_SESSION = Known(started_at=STARTED, ended_at=ENDED, grace=GRACE)
ARRIVED = Arrived(uuid4(), uuid4(), SOON)
REFUSED = RefusedDelivery(uuid4(), "call.externalId is missing.")
GAP = Gap(ENDED - timedelta(seconds=1), ENDED + timedelta(seconds=1), "Zelto was away.")


def test_a_session_is_awaited_until_its_grace_is_over_and_missing_from_then_on() -> (
    None
):
    assert judge(ENDED_SESSION, SOON).state == "awaited"
    assert judge(ENDED_SESSION, ENDED + GRACE - timedelta(microseconds=1)).state == (
        "awaited"
    )
    assert judge(ENDED_SESSION, ENDED + GRACE).state == "missing"
    assert judge(ENDED_SESSION, LATER).state == "missing"


def test_an_awaited_session_is_looked_at_at_the_end_of_its_grace_at_the_latest() -> (
    None
):
    now = ENDED
    while judge(ENDED_SESSION, now).state == "awaited":
        again = judge(ENDED_SESSION, now).look_again_at
        assert again is not None
        assert now < again <= ENDED + GRACE
        now = again
    assert now == ENDED + GRACE


def test_a_missing_session_is_looked_at_more_rarely_and_at_last_no_more() -> None:
    looks, now = 0, ENDED + GRACE
    while (again := judge(ENDED_SESSION, now).look_again_at) is not None:
        assert again > now
        looks, now = looks + 1, again
    assert now > ENDED + timedelta(days=7)
    assert looks < 60


def test_a_conversation_wins_over_all_else() -> None:
    known = replace(
        ENDED_SESSION,
        conversation=ARRIVED,
        refused=REFUSED,
        job_status="failed",
        gaps=[GAP],
        room_is_told=True,
    )
    assert judge(known, LATER).state == "arrived"
    assert judge(replace(known, ended_at=None), LATER).state == "arrived"


def test_a_refused_session_says_why() -> None:
    judgement = judge(replace(ENDED_SESSION, refused=REFUSED), SOON)
    assert (judgement.state, judgement.reason) == ("refused", REFUSED.reason)


def test_an_unanswered_call_is_no_session() -> None:
    alone = replace(ENDED_SESSION, room_is_told=True)
    assert judge(alone, LATER).state == "no_session"
    # Where somebody joined, or the agent spoke, or nobody told of the room, there was one.
    assert judge(replace(alone, room_was_joined=True), LATER).state == "missing"
    assert judge(replace(alone, has_spoken=True), LATER).state == "missing"
    assert judge(replace(alone, room_is_told=False), LATER).state == "missing"


def test_what_ended_in_a_gap_is_never_called_missing() -> None:
    known = replace(ENDED_SESSION, gaps=[GAP])
    assert judge(known, LATER).state == "not_told"
    assert judge(known, LATER).reason == GAP.reason
    assert judge(replace(known, ended_at=GAP.ended_at), LATER).state == "not_told"
    after = GAP.ended_at + timedelta(microseconds=1)
    assert judge(replace(known, ended_at=after), LATER).state == "missing"


def test_a_session_whose_end_nobody_told_is_not_missing() -> None:
    running = replace(ENDED_SESSION, ended_at=None)
    assert judge(running, STARTED + timedelta(hours=1)).state == "running"
    judgement = judge(running, STARTED + MAX_RUNNING)
    assert judgement.state == "not_told"
    assert judgement.look_again_at is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"job_error": "agent crashed"}, "LiveKit says of its job: agent crashed"),
        ({"noted": "The worker logged an error."}, "The worker logged an error."),
        ({"job_status": "failed"}, "its process ended before it could send"),
        ({"job_status": "success"}, "nothing was sent or nothing reached Zelto"),
    ],
)
def test_a_missing_session_says_what_is_known_of_its_end(
    said: dict[str, str], reason: str
) -> None:
    known = replace(ENDED_SESSION, **said)  # type: ignore[arg-type]
    assert reason in judge(known, LATER).reason


def test_a_session_came_late_when_it_had_been_missing() -> None:
    def came(moment: datetime) -> bool:
        found = replace(ARRIVED, created_at=moment)
        return is_late(replace(ENDED_SESSION, conversation=found))

    assert not came(SOON)
    assert came(LATER)
    assert not is_late(ENDED_SESSION)


def test_an_erased_session_stays_one_that_arrived() -> None:
    judgement = judge(replace(ENDED_SESSION, was_erased=True), LATER)
    assert (judgement.state, judgement.look_again_at) == ("arrived", None)
