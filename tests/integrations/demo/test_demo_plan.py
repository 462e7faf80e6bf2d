"""What `manage.py demo` would post: all of it fits, and reads as four weeks of work."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from integrations import providers, request_body
from integrations.demo import agents
from integrations.demo.plan import Plan
from integrations.demo.posts import Post
from integrations.demo.weeks import Weeks

SESSIONS = 130
MAX_BODY_BYTES = 5 * 1024 * 1024
BERLIN = ZoneInfo("Europe/Berlin")
# A Monday morning, a Saturday night, an hour that the clocks skip.
NOWS = [
    datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    datetime(2026, 6, 6, 23, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
]


def plan(now: datetime = NOWS[0], seed: int = 1, sessions: int = SESSIONS) -> Plan:
    return Plan(seed, sessions, Weeks(now, BERLIN, seed), MAX_BODY_BYTES)


def read(post: Post) -> providers.Reading:
    data = post.content
    if post.headers.get("Content-Encoding") == "gzip":
        data = gzip.decompress(data)
    return providers.read(post.provider, request_body.parse(data))


@pytest.mark.parametrize("seed", range(1, 5))
def test_every_body_fits_but_those_that_are_meant_not_to(seed: int) -> None:
    taken = [post for post in plan(seed=seed).posts() if post.expects == 200]
    for post in taken:
        reading = read(post)
        assert reading.update is not None, reading.errors
        assert bool(reading.warnings) == post.has_warnings, reading.warnings
    assert sum(post.has_warnings for post in taken) < len(taken) / 10


@pytest.mark.parametrize("shape", agents.Shape)
def test_each_shape_of_body_is_sent(shape: agents.Shape) -> None:
    assert any(slot.agent.shape is shape for slot in plan().slots)


def test_arguments_of_tools_are_json() -> None:
    every = plan(sessions=400)
    calls = [
        item
        for slot in every.slots
        for item in every.session(slot).items
        if item["type"] == "function_call"
    ]
    assert len({call["name"] for call in calls}) > 20
    for call in calls:
        assert isinstance(json.loads(call["arguments"]), dict)


def test_what_is_said_comes_in_the_order_of_time() -> None:
    every = plan()
    for slot in every.slots:
        session = every.session(slot)
        times = [item["created_at"] for item in session.items]
        assert times == sorted(times)
        assert session.started_at.timestamp() <= min(times)
        assert max(times) <= session.ended_at.timestamp()
        for item in session.messages:
            assert 0 < item["metrics"].get("e2e_latency", 1) < 60


def test_the_same_seed_says_the_same() -> None:
    assert plan().posts() == plan().posts()
    assert plan().references.keys() == plan(now=NOWS[1]).references.keys()
    assert not plan().references.keys() & plan(seed=2).references.keys()


def test_more_sessions_keep_the_ids_of_fewer() -> None:
    assert plan(sessions=20).references.keys() <= plan().references.keys()


@pytest.mark.parametrize("now", NOWS)
def test_four_weeks_are_filled_up_to_now(now: datetime) -> None:
    posts = plan(now).posts()
    assert posts == sorted(posts, key=lambda post: post.arrives_at)
    assert now - timedelta(days=28, minutes=5) < posts[0].arrives_at
    assert now - timedelta(minutes=5) < posts[-1].arrives_at < now
    days = {post.arrives_at.astimezone(BERLIN).date() for post in posts}
    assert len(days) >= 20


@pytest.mark.parametrize("now", NOWS)
def test_the_day_is_busier_than_the_night_and_the_weekend(now: datetime) -> None:
    local = [
        slot.arrives_at.astimezone(BERLIN)
        for slot in plan(now, sessions=400).slots
        if slot.agent is agents.FRONT_DESK
    ]
    in_the_office = sum(9 <= at.hour < 17 for at in local)
    assert in_the_office > len(local) * 0.65
    by_day = Counter(at.weekday() for at in local)
    assert by_day[0] > by_day[5] > by_day[6]
