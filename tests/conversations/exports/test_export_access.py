"""An export goes on for as long as whoever began it may read the conversations."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import Membership, User
from conversations.exports import rows, stream
from tests.conversations.exports.downloads import URL, let_go, read_lines
from web.long_answers import budget

pytestmark = pytest.mark.django_db


def removed(bob: User, client: Client) -> None:
    Membership.objects.filter(user=bob).delete()


def signed_out(bob: User, client: Client) -> None:
    client.post("/logout")


def session_expired(bob: User, client: Client) -> None:
    Session.objects.all().delete()


def deactivated(bob: User, client: Client) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)


def password_changed_elsewhere(bob: User, client: Client) -> None:
    bob.set_password("another walk by the river")
    bob.save()


LOST = [
    (removed, "you are no longer a member of Acme"),
    (signed_out, "you were signed out"),
    (session_expired, "you were signed out"),
    (deactivated, "you were signed out"),
    (password_changed_elsewhere, "you were signed out"),
]
each_way = pytest.mark.parametrize(
    ("lose", "why"), LOST, ids=lambda one: getattr(one, "__name__", "why")
)


@pytest.fixture
def six_rows(make_conversation, monkeypatch):
    monkeypatch.setattr(rows, "STEP", 2)
    for number in range(6):
        make_conversation(external_id=f"RM_{number}", turns=[])


@each_way
def test_a_csv_ends_with_why_it_broke_off(
    bob_client: Client,
    bob: User,
    six_rows: None,
    lose: Callable[[User, Client], None],
    why: str,
) -> None:
    response: Any = bob_client.get(URL)
    parts = iter(response.streaming_content)
    body = next(parts) + next(parts)
    lose(bob, bob_client)
    body += b"".join(parts)
    _head, *whole, last = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    assert [row[1] for row in whole] == ["RM_5", "RM_4"]
    assert last[:2] == ["INCOMPLETE", "2"]
    assert f"broke off after 2 rows, since {why}" in last[2]
    assert not budget().under_way()


@each_way
@pytest.mark.parametrize("name", ["jsonl", "transcripts"])
def test_lines_end_with_why_they_broke_off(
    bob_client: Client,
    bob: User,
    six_rows: None,
    lose: Callable[[User, Client], None],
    why: str,
    name: str,
) -> None:
    response: Any = bob_client.get(URL, {"format": name})
    parts = iter(response.streaming_content)
    body = next(parts) + next(parts)
    lose(bob, bob_client)
    body += b"".join(parts)
    *whole, last = read_lines(body)
    assert len(whole) == 2
    assert last["incomplete"]
    assert why in last["error"]


def test_within_a_step_it_is_asked_again_after_some_seconds(
    bob_client: Client, bob: User, make_conversation, monkeypatch
) -> None:
    monkeypatch.setattr("conversations.exports.json_lines.TOGETHER", 2)
    monkeypatch.setattr(stream, "ASKED_AGAIN_AFTER", 0.0)
    for _ in range(6):
        make_conversation(turns=[])
    response: Any = bob_client.get(URL, {"format": "transcripts"})
    parts = iter(response.streaming_content)
    body = next(parts) + next(parts)
    Membership.objects.filter(user=bob).delete()
    *whole, last = read_lines(body + b"".join(parts))
    assert (len(whole), last["rows"]) == (2, 2)


def test_another_role_that_may_export_as_well_breaks_nothing(
    dora_client: Client, dora: User, six_rows: None
) -> None:
    response: Any = dora_client.get(URL, {"format": "jsonl"})
    parts = iter(response.streaming_content)
    body = next(parts) + next(parts)
    Membership.objects.filter(user=dora).update(role="member")
    assert len(read_lines(body + b"".join(parts))) == 6


def test_a_sign_out_elsewhere_breaks_nothing(
    bob_client: Client, bob: User, six_rows: None
) -> None:
    elsewhere = Client()
    elsewhere.force_login(bob)
    response: Any = bob_client.get(URL, {"format": "jsonl"})
    parts = iter(response.streaming_content)
    body = next(parts) + next(parts)
    elsewhere.post("/logout")
    assert len(read_lines(body + b"".join(parts))) == 6
    let_go(response)
