"""Channels of each kind that posts over HTTP, at a server of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from alerts.channels.kind import Config, Notice
from alerts.channels.registry import KINDS
from alerts.channels.text import Answer, Link, Severity, Text
from tests.alerts.receiver import Receiver

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
TOKEN = "123456789:AAE4fWsBQIhrscChlQIMVb5sSYspob7oDx1"
KEY = "R0123456789012345678901234567890"
API_KEY = "eb243592-faa2-4ba2-a551-1afdf565c889"
PATH = "/services/T00000000/B00000000/sEcReTsEcReTsEcReT"
SERVICES = ("pagerduty", "opsgenie", "telegram")
# What a form has, by kind; `{}` is the server.
FORMS: dict[str, dict[str, str]] = {
    "slack": {"url": "{}" + PATH},
    "teams": {"url": "{}" + PATH},
    "discord": {"url": "{}" + PATH},
    "google_chat": {"url": "{}" + PATH + "?key=kEyKeYkEy123&token=tOkEnToKeN456"},
    "pagerduty": {"routing_key": KEY},
    "opsgenie": {"api_key": API_KEY},
    "telegram": {"token": TOKEN, "chat_id": "-1001234567890"},
    "ntfy": {"server": "{}", "topic": "zelto-alerts-4711", "token": "tk_0123456789"},
    "webhook": {"url": "{}" + PATH, "secret": SECRET},
}
SECRETS = (
    *(SECRET, TOKEN, KEY, API_KEY, PATH, "sEcReTsEcReTsEcReT"),
    *("zelto-alerts-4711", "tk_0123456789", "tOkEnToKeN456", "kEyKeYkEy123"),
)
HOSTILE = 'Front *desk* <!channel> @everyone [x](http://evil) & "co" `a`'
Send = Callable[..., Answer]


def notice(event: str = "issue.opened", **changes: Any) -> Notice:
    """Return a message about an issue, whose words every format would read something in."""
    severity = changes.pop("severity", Severity.CRITICAL)
    text = Text(
        title=changes.pop("title", f"{HOSTILE} is silent since 14:02"),
        lines=changes.pop("lines", ["Since 14:02 its key <b>prod</b> was refused."]),
        links=[Link("See the alert", "https://zelto.example.com/org/acme/alerts")],
        severity=severity,
        dedup_key=changes.pop("dedup_key", "018f0000-0000-7000-8000-000000000001"),
    )
    made_at = datetime(2026, 11, 27, 14, 10, tzinfo=UTC)
    message = UUID("018f0000-0000-7000-8000-0000000000aa")
    data = {"id": text.dedup_key, "kind": "agent_silent"}
    return Notice(message, UUID(int=1), event, made_at, text, data, **changes)


@pytest.fixture
def allowed(settings: Any) -> None:
    settings.ALERT_ALLOW = ["127.0.0.1/32"]


@pytest.fixture
def receiver(allowed: None) -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def at(settings: Any) -> Callable[[str, str], Config]:
    """Return `at(kind, url)`: a channel's checked fields, with its service at an address."""

    def make(kind: str, url: str) -> Config:
        settings.ALERT_BASE_URLS = dict.fromkeys(SERVICES, url)
        form = {name: value.format(url) for name, value in FORMS[kind].items()}
        return KINDS[kind].check(form).config

    return make


@pytest.fixture
def send(receiver: Receiver, at: Callable[[str, str], Config]) -> Send:
    """Return `send(kind, notice)`, which sends to the receiver."""

    def do(kind: str, what: Notice | None = None) -> Answer:
        return KINDS[kind].send(at(kind, receiver.url), what or notice())

    return do
