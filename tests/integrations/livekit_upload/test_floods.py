"""Posts of logs by thousands: they keep no session out, and are counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from accounts.models import ApiKey, Organization
from conversations.models import Conversation
from integrations.ingest import minute_counter
from integrations.livekit_upload import counted_posts
from integrations.models import Delivery
from tests.conftest import MakeKey
from tests.integrations.livekit_upload.bodies import JSON, LOGS, logs, record
from tests.integrations.livekit_upload.recorded import post, requests_of, upload_all
from web.server.turns import Lane
from zelto.lanes import lane_of

pytestmark = pytest.mark.django_db(transaction=True)

Process = Callable[[], None]
LINE = logs(record("one line", severity=9), scope="my.app")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counted_posts, "MAX_READ_A_MINUTE", 5)
    monkeypatch.setattr(counted_posts, "this_minute", lambda: 7)


def flood(token: str, count: int, body: bytes = LINE) -> None:
    for _ in range(count):
        assert post(f"/livekit/{token}{LOGS}", body, JSON).status_code == 200


def counts() -> dict[str, int]:
    counted_posts.write()
    return {row.reason: row.count for row in Delivery.objects.filter(outcome="ignored")}


def test_what_is_over_the_bound_is_not_read_and_counted(token: str, few: None) -> None:
    flood(token, 12)
    found = counts()
    assert found[counted_posts.UNREAD] == 7
    assert sum(found.values()) == 12
    # It need not even be a post of logs.
    flood(token, 3, b"{")
    assert counts()[counted_posts.UNREAD] == 10


def test_what_is_of_a_session_is_read_however_many_came(
    token: str, few: None, process: Process
) -> None:
    flood(token, 12)
    upload_all(token, requests_of("py-1.8.9-text-handoff", "logs"))
    process()
    call = Conversation.objects.get()
    assert call.turn_count > 0


def test_each_key_has_its_own_bound(
    token: str, few: None, organization: Organization, make_key: MakeKey
) -> None:
    other = make_key(organization, scope=ApiKey.Scope.INGEST)[1]
    flood(token, 12)
    flood(other, 4)
    assert counts()[counted_posts.UNREAD] == 7


def test_a_minute_later_they_are_read_again(
    token: str, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood(token, 7)
    monkeypatch.setattr(counted_posts, "this_minute", lambda: 8)
    flood(token, 4)
    assert counts()[counted_posts.UNREAD] == 2


def test_logs_take_nothing_of_the_rate_of_posts(
    token: str, settings: Any, organization: Organization
) -> None:
    settings.RATE_PER_MINUTE = 10
    flood(token, 30)
    upload_all(token, requests_of("py-1.8.9-text-handoff", "recordings"))
    assert minute_counter.count_of(f"posted {organization.pk}").total <= 1


def test_a_flood_is_few_writes(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(
        counted_posts, "count_ignored", lambda *_, **what: written.append(what["count"])
    )
    flood(token, 200)
    assert len(written) < 40
    counted_posts.write()
    assert sum(written) == 200


def test_what_could_not_be_written_is_written_later(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise DatabaseError("away")

    flood(token, 3)
    with monkeypatch.context() as patch:
        patch.setattr(counted_posts, "count_ignored", away)
        with pytest.raises(DatabaseError):
            counted_posts.write()
    assert sum(counts().values()) == 3


def test_a_person_sees_what_was_not_read(
    token: str, few: None, alice_client: Client
) -> None:
    flood(token, 4_812 // 100)
    counted_posts.write()
    text = alice_client.get("/org/acme/deliveries").content.decode()
    assert "43 times" in text
    assert "not read" in text


def test_logs_have_a_lane_of_their_own() -> None:
    base = "/livekit/token"
    assert lane_of(f"{base}/observability/recordings/v0") is Lane.POSTS
    assert lane_of(f"{base}//observability/recordings/v0") is Lane.POSTS
    for signal in ("logs", "traces", "metrics"):
        assert lane_of(f"{base}/desk/observability/{signal}/otlp/v0") is Lane.LOGS
