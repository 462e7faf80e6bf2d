"""Whom alerts may be sent to, as the environment says it."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from zelto.alert_config import alert_allow, alert_base_urls


def test_it_reads_hosts_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZELTO_ALERT_ALLOW", "Hooks.internal.,10.0.4.7/24,127.0.0.1")
    assert alert_allow() == ["hooks.internal", "10.0.4.0/24", "127.0.0.1/32"]
    monkeypatch.setenv("ZELTO_ALERT_ALLOW", "")
    assert alert_allow() == []


@pytest.mark.parametrize("word", ["http://hooks", "hooks:8080", "10.0.0", "a b"])
def test_it_refuses_what_is_neither(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("ZELTO_ALERT_ALLOW", word)
    with pytest.raises(ImproperlyConfigured, match="ZELTO_ALERT_ALLOW"):
        alert_allow()


def test_it_reads_what_stands_in_for_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "ZELTO_ALERT_BASE_URLS",
        "telegram=https://relay.example.com/,opsgenie=http://127.0.0.1:81/og",
    )
    assert alert_base_urls() == {
        "telegram": "https://relay.example.com",
        "opsgenie": "http://127.0.0.1:81/og",
    }


@pytest.mark.parametrize(
    "word", ["slack=https://a.example", "telegram", "telegram=ftp://a", "https://a"]
)
def test_it_refuses_other_services_and_addresses(
    monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setenv("ZELTO_ALERT_BASE_URLS", word)
    with pytest.raises(ImproperlyConfigured, match="ZELTO_ALERT_BASE_URLS"):
        alert_base_urls()
