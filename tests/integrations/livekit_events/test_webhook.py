"""`POST /webhooks/livekit/<token>`: what is taken, what is not, what is said of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import Organization
from integrations.livekit_events import signature, webhook
from integrations.models import LiveKitCredential, LiveKitEvent, LiveKitProject
from integrations.operations import counters
from tests.integrations.livekit_events import livekit_server
from tests.integrations.livekit_events.conftest import PostEvent
from tests.integrations.livekit_events.livekit_server import event, room, written

pytestmark = pytest.mark.django_db(transaction=True)

STARTED = event("room_started", room=room())


def told_again(project: LiveKitProject) -> LiveKitProject:
    project.refresh_from_db()
    return project


def test_it_stores_an_event_as_it_came(
    post_event: PostEvent, project: LiveKitProject, event_wakeups: list[None]
) -> None:
    response = post_event(STARTED)
    stored = LiveKitEvent.objects.get()
    assert (response.status_code, response.json()) == (200, {"received": True})
    assert bytes(stored.body) == written(STARTED)
    assert (stored.event_id, stored.name) == (STARTED.id, "room_started")
    assert stored.project_id == project.id
    assert stored.processed_at is None
    assert event_wakeups == [None]


@pytest.mark.parametrize("count", [2, 3])
def test_an_event_that_is_repeated_is_the_same_event(
    post_event: PostEvent, count: int
) -> None:
    answers = [post_event(STARTED).status_code for _ in range(count)]
    assert answers == [200] * count
    assert LiveKitEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("scheme", "content_type"),
    [
        ("", "application/json"),
        ("Bearer ", "application/webhook+json; charset=utf-8"),
        ("bearer ", "Application/Webhook+JSON"),
    ],
)
def test_it_takes_what_others_put_before_the_token(
    post_event: PostEvent, scheme: str, content_type: str
) -> None:
    token = scheme + livekit_server.signed(written(STARTED))
    assert (
        post_event(STARTED, token=token, content_type=content_type).status_code == 200
    )


def test_a_slash_too_much_in_the_address_does_no_harm(
    project: LiveKitProject, post_event: PostEvent
) -> None:
    assert post_event(STARTED, to=f"/{project.token}/").status_code == 200


OTHER = "another-secret-of-somebody-else-entirely"
BODY = written(STARTED)


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    told = jwt.decode(livekit_server.signed(BODY), options={"verify_signature": False})
    return {**told, "nbf": now, "exp": now + 300, **changed}


def by_hand(**changed: Any) -> str:
    return jwt.encode(claims(**changed), livekit_server.SECRET, algorithm="HS256")


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "no token": (lambda: "", "no Authorization"),
    "no token but a scheme": (lambda: "Bearer ", "no token"),
    "no token of theirs": (lambda: "zelto_abc", "no token"),
    "a long one": (lambda: "a" * 9000, "no token"),
    "another secret": (
        lambda: livekit_server.signed(BODY, secret=OTHER),
        "does not fit the secret",
    ),
    "another project": (
        lambda: livekit_server.signed(BODY, "APIother", OTHER),
        "APIother, which this project does not have",
    ),
    "another key with our secret": (
        lambda: livekit_server.signed(BODY, "APIother"),
        "APIother, which this project does not have",
    ),
    "another body": (
        lambda: livekit_server.signed(b"{}"),
        "not the one that was signed",
    ),
    "no hash": (lambda: by_hand(sha256=None), "not the one that was signed"),
    "a hash that is a number": (
        lambda: by_hand(sha256=7),
        "not the one that was signed",
    ),
    "half a letter": (
        lambda: by_hand(sha256="\ud800"),
        "not the one that was signed",
    ),
    "no end": (
        lambda: jwt.encode(
            {name: value for name, value in claims().items() if name != "exp"},
            livekit_server.SECRET,
        ),
        "no token",
    ),
    "an end that is no time": (lambda: by_hand(exp="soon"), "no token"),
    "no signature": (lambda: jwt.encode(claims(), None, algorithm="none"), "no token"),
    "another algorithm": (
        lambda: jwt.encode(claims(), livekit_server.SECRET * 2, algorithm="HS512"),
        "no token",
    ),
    "expired": (lambda: by_hand(exp=int(time.time()) - 301), "had expired"),
    "not yet": (lambda: by_hand(nbf=int(time.time()) + 330), "has not come yet"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_it_refuses_what_is_not_signed_and_says_why_on_the_page_alone(
    post_event: PostEvent, project: LiveKitProject, why: str
) -> None:
    make, reason = REFUSED[why]
    response = post_event(BODY, token=make())
    assert response.status_code == 401
    assert response.json()["detail"] == webhook.NOT_KNOWN
    assert not LiveKitEvent.objects.exists()
    counted = told_again(project)
    assert counted.refused_count == 1
    assert reason in counted.last_refusal
    assert counted.last_refused_at


def test_an_address_that_is_not_there_is_answered_as_a_wrong_signature(
    post_event: PostEvent,
) -> None:
    wrong = post_event(STARTED, token="wrong")
    for unknown in ("A" * 22, "x", "%00", "a/b", "..."):
        other = post_event(STARTED, to=unknown)
        assert other.status_code == wrong.status_code == 401
        for answer in (wrong, other):
            answer.told = {**answer.json(), "requestId": ""}
        assert other.told == wrong.told
        assert set(other.headers) == set(wrong.headers)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_clocks_that_differ_by_minutes_are_no_fault(
    post_event: PostEvent, minutes: int
) -> None:
    now = int(time.time()) + minutes * 60
    response = post_event(BODY, token=by_hand(nbf=now, iat=now, exp=now + 60))
    assert response.status_code == 200


def test_two_secrets_are_good_while_a_key_is_rotated(
    post_event: PostEvent, project: LiveKitProject
) -> None:
    LiveKitCredential.objects.create(project=project, api_key="APInew", secret=OTHER)
    by_new = livekit_server.signed(BODY, "APInew", OTHER)
    mixed = livekit_server.signed(BODY, "APInew")
    assert post_event(BODY).status_code == 200
    assert post_event(BODY, token=by_new).status_code == 200
    assert post_event(BODY, token=mixed).status_code == 401


def test_a_secret_that_was_just_entered_is_good_at_once(
    post_event: PostEvent, project: LiveKitProject
) -> None:
    assert post_event(STARTED).status_code == 200
    project.credentials.update(secret=OTHER)
    renewed = livekit_server.signed(BODY, secret=OTHER)
    deadline = time.monotonic() + 3
    while post_event(BODY, token=renewed).status_code != 200:
        assert time.monotonic() < deadline
    assert post_event(BODY).status_code == 401


def test_a_removed_project_takes_nothing_from_then_on(
    post_event: PostEvent, project: LiveKitProject
) -> None:
    assert post_event(STARTED).status_code == 200
    project.delete()
    assert post_event(STARTED).status_code == 401
    assert not LiveKitEvent.objects.exists()


def test_a_foreign_projects_event_is_refused(
    post_event: PostEvent, other_organization: Organization
) -> None:
    other = LiveKitProject.objects.create(organization=other_organization, name="Other")
    LiveKitCredential.objects.create(project=other, api_key="APIother", secret=OTHER)
    assert post_event(STARTED, to=other.token).status_code == 401
    assert not LiveKitEvent.objects.exists()


def test_an_unreadable_secret_says_that_it_is_to_be_entered_again(
    post_event: PostEvent, project: LiveKitProject, settings: Any
) -> None:
    settings.SECRET_KEY = "changed meanwhile"
    assert post_event(STARTED).status_code == 401
    assert "enter it again" in told_again(project).last_refusal


def test_a_secret_outlives_its_key_while_that_is_a_fallback(
    post_event: PostEvent, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "changed meanwhile"
    assert post_event(STARTED).status_code == 200


def test_a_flood_of_refusals_is_no_flood_of_writes(
    post_event: PostEvent, project: LiveKitProject, django_assert_max_num_queries: Any
) -> None:
    post_event(BODY, token="wrong")
    with django_assert_max_num_queries(8):
        for _ in range(40):
            post_event(BODY, token="wrong")
    counters.write_all()
    assert told_again(project).refused_count == 41


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"content_type": "text/plain"}, 415),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b"x" * (webhook.MAX_EVENT_BYTES + 1), {}, 413),
        (b"x" * (webhook.MAX_EVENT_BYTES + 200_000), {}, 413),
    ],
)
def test_what_no_server_of_theirs_sends_is_refused_at_any_address(
    post_event: PostEvent, body: bytes, headers: dict[str, str], status: int
) -> None:
    for to in ({}, {"to": "A" * 22}):
        assert post_event(body, **headers, **to).status_code == status
    assert not LiveKitEvent.objects.exists()


@pytest.mark.parametrize("method", ["get", "put", "delete", "options", "head"])
def test_only_a_post_is_taken(project: LiveKitProject, method: str) -> None:
    response = getattr(Client(), method)(f"/webhooks/livekit/{project.token}")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"


HOSTILE = {
    "deep": b'{"id": "EV_1", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "not JSON": b"event=room_started",
    "no object": b"[1]",
    "NUL": b'{"id": "EV_\\u0000", "event": "room\\u0000started"}',
    "half a pair": b'{"id": "EV_\\ud800", "event": "\\udfff", "room": {"sid": "\\ud800"}}',
    "not UTF-8": b'{"id": "\xff"}',
    "no id": b'{"event": "room_started"}',
    "an id that is a number": b'{"id": 7, "event": 8}',
    "a long id": json.dumps({"id": "x" * 65, "event": "y" * 300}).encode(),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_whatever_was_signed_is_stored_and_read_later(
    post_event: PostEvent, process: Callable[[], None], what: str
) -> None:
    assert post_event(HOSTILE[what]).status_code == 200
    assert post_event(HOSTILE[what]).status_code == 200  # LiveKit sends it again
    assert post_event(STARTED).status_code == 200
    process()
    assert LiveKitEvent.objects.count() == 2
    assert not LiveKitEvent.objects.filter(processed_at=None).exists()


def test_it_asks_to_send_again_where_it_cannot_be_stored(
    post_event: PostEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise OperationalError("away")

    monkeypatch.setattr("integrations.livekit_events.event_log.store", broken)
    response = post_event(STARTED)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0


def test_a_known_project_costs_one_statement(
    post_event: PostEvent, django_assert_num_queries: Any
) -> None:
    post_event(STARTED)
    with django_assert_num_queries(1):
        post_event(event("room_finished", room=room()))


def test_no_answer_says_the_secret(
    post_event: PostEvent, project: LiveKitProject, caplog: pytest.LogCaptureFixture
) -> None:
    for make, _ in REFUSED.values():
        response = post_event(BODY, token=make())
        assert livekit_server.SECRET not in response.content.decode()
    assert livekit_server.SECRET not in caplog.text
    assert livekit_server.SECRET not in told_again(project).last_refusal
    known = webhook.known_projects.find(project.token)
    assert livekit_server.SECRET not in repr(known)


def test_its_leeway_is_what_the_help_page_says() -> None:
    assert timedelta(seconds=signature.LEEWAY_SECONDS) == timedelta(minutes=5)
