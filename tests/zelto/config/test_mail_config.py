"""How mails leave, as the environment says it; what would send none is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.zelto.config.test_public_settings import PUBLIC, start
from zelto import env
from zelto.mail_config import mail_config

NAMES = (
    *("EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_SSL", "EMAIL_USE_TLS", "EMAIL_TIMEOUT"),
    *("EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "DEFAULT_FROM_EMAIL", "ZELTO_BASE_URL"),
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "env_file", dict)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, (False, True, 587)),
        ({"EMAIL_USE_SSL": "true"}, (True, False, 465)),
        ({"EMAIL_USE_SSL": "1", "EMAIL_USE_TLS": "0"}, (True, False, 465)),
        ({"EMAIL_USE_SSL": "true", "EMAIL_PORT": "2465"}, (True, False, 2465)),
        ({"EMAIL_PORT": "465"}, (True, False, 465)),
        ({"EMAIL_PORT": "465", "EMAIL_USE_TLS": "false"}, (True, False, 465)),
        (
            {"EMAIL_PORT": "465", "EMAIL_USE_SSL": "false", "EMAIL_USE_TLS": "true"},
            (False, True, 465),
        ),
        ({"EMAIL_PORT": "25", "EMAIL_USE_TLS": "false"}, (False, False, 25)),
        ({"EMAIL_USE_SSL": "false"}, (False, True, 587)),
    ],
)
def test_one_way_of_encryption_is_chosen(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: Any
) -> None:
    set_all(monkeypatch, environment)
    config = mail_config()
    assert (config.use_ssl, config.use_tls, config.port) == expected


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        (
            {"EMAIL_USE_SSL": "true", "EMAIL_USE_TLS": "true"},
            "EMAIL_USE_SSL and EMAIL_USE_TLS must not both be true",
        ),
        (
            {"EMAIL_PORT": "465", "EMAIL_USE_TLS": "true"},
            "EMAIL_USE_TLS must not .* EMAIL_PORT=465.*EMAIL_USE_SSL=true",
        ),
        ({"EMAIL_PORT": "70000"}, "EMAIL_PORT must"),
        ({"EMAIL_USE_SSL": "ssl"}, "EMAIL_USE_SSL must be true or false"),
        ({"EMAIL_TIMEOUT": "0"}, "EMAIL_TIMEOUT must"),
        ({"EMAIL_HOST": "smtps://mail.example.com"}, "EMAIL_HOST must"),
        ({"EMAIL_HOST": "mail.example.com:465"}, "EMAIL_HOST must"),
        ({"EMAIL_HOST": "ada:s3cret@mail.example.com"}, "EMAIL_HOST must"),
        ({"EMAIL_HOST_PASSWORD": "s3cret ä"}, "EMAIL_HOST_PASSWORD has a letter"),
        ({"DEFAULT_FROM_EMAIL": "zelto"}, "DEFAULT_FROM_EMAIL must"),
        ({"DEFAULT_FROM_EMAIL": "zelto@"}, "DEFAULT_FROM_EMAIL must"),
        ({"DEFAULT_FROM_EMAIL": "zéltö@example.com"}, "DEFAULT_FROM_EMAIL must"),
        ({"DEFAULT_FROM_EMAIL": "a@b.example\nBcc: c@d.example"}, "DEFAULT_FROM"),
    ],
)
def test_what_would_send_no_mail_is_refused(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], says: str
) -> None:
    set_all(monkeypatch, environment)
    with pytest.raises(ImproperlyConfigured) as refused:
        mail_config()
    assert re.match(says, str(refused.value))
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("https://Zelto.example.com", "zelto@zelto.example.com"),
        ("https://bücher.example", "zelto@xn--bcher-kva.example"),
        ("http://192.0.2.7:8000", "zelto@[192.0.2.7]"),
        ("http://[2001:db8::1]:8000", "zelto@[IPv6:2001:db8::1]"),
    ],
)
def test_mails_are_from_the_host_of_the_address(
    monkeypatch: pytest.MonkeyPatch, address: str, sender: str
) -> None:
    monkeypatch.setenv("ZELTO_BASE_URL", address)
    assert mail_config().sender == sender


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://zelto.example.com", "zelto.example.com"),
        ("http://192.0.2.7:8000", "[192.0.2.7]"),
        ("http://[2001:db8::1]:8000", "[IPv6:2001:db8::1]"),
        ("http://localhost:8000", ""),
        ("http://[::1]:8000", ""),
    ],
)
def test_zelto_introduces_itself_to_a_mail_server_as_others_reach_it(
    monkeypatch: pytest.MonkeyPatch, address: str, name: str
) -> None:
    monkeypatch.setenv("ZELTO_BASE_URL", address)
    assert mail_config().name == name


def test_a_name_may_stand_before_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", "Zelto <zelto@example.com>")
    assert mail_config().sender == "Zelto <zelto@example.com>"


def test_both_ways_at_once_stop_the_start_with_a_sentence(tmp_path: Any) -> None:
    change = {"EMAIL_USE_SSL": "1", "EMAIL_USE_TLS": "1"}
    command = ("-m", "zelto.embedded", "--data-dir", str(tmp_path / "var"), "run")
    ended = start(tmp_path, PUBLIC | change, *command)
    assert ended.returncode == 1
    assert ended.stderr.startswith("EMAIL_USE_SSL and EMAIL_USE_TLS must not both")
    assert len(ended.stderr.splitlines()) == 1
