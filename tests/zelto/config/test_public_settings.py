"""What an instance that others reach must be told, or it does not start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.zelto.stack import CHECKOUT, UNSET

KEY = "ZGlkIHlvdSByZWFsbHkgZGVjb2RlIHRoaXM/IEhhdmUgYSBuaWNlIGRheSE"
PUBLIC = {
    "ZELTO_BASE_URL": "https://zelto.example.com",
    "ALLOWED_HOSTS": "zelto.example.com,localhost",
    "SECRET_KEY": KEY,
    "ZELTO_BEHIND_PROXY": "1",
}
CODE = "import zelto.settings as s; print(s.ALLOWED_HOSTS, s.BASE_HOST, s.IS_LOCAL)"


def start(
    tmp_path: Path, environment: dict[str, str], *command: str
) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own, as each start does."""
    unset = {**UNSET, "ZELTO_BASE_URL": ""}
    return subprocess.run(  # noqa: S603
        [sys.executable, *(command or ("-c", CODE))],
        cwd=CHECKOUT,
        env={**os.environ, **unset, "ZELTO_DATA_DIR": str(tmp_path / "var")}
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("change", "names", "says_what_to_do"),
    [
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS", "ALLOWED_HOSTS=zelto.example.com"),
        ({"ALLOWED_HOSTS": "localhost"}, "ALLOWED_HOSTS", "add it"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS", "zelto.example.com"),
        ({"SECRET_KEY": ""}, "SECRET_KEY", "openssl rand -base64 48"),
        ({"SECRET_KEY": "a"}, "SECRET_KEY", "openssl rand -base64 48"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY", "openssl rand -base64 48"),
        ({"SECRET_KEY": "changeme" * 8}, "SECRET_KEY", "openssl rand -base64 48"),
        ({"SECRET_KEY": f"django-insecure-{KEY}"}, "SECRET_KEY", "openssl rand"),
        ({"ZELTO_BEHIND_PROXY": ""}, "ZELTO_BEHIND_PROXY", "true .* false"),
        ({"ZELTO_METRICS_TOKEN": "a"}, "ZELTO_METRICS_TOKEN", "openssl rand -hex 16"),
        ({"DEBUG": "1"}, "DEBUG", "false"),
        ({"ZELTO_BASE_URL": "zelto.example.com"}, "ZELTO_BASE_URL", "https://"),
        ({"ZELTO_BASE_URL": "https://"}, "ZELTO_BASE_URL", "https://"),
        ({"ZELTO_BASE_URL": "https://a.example/z"}, "ZELTO_BASE_URL", "no path"),
        ({"ZELTO_BASE_URL": "https://a@b.example"}, "ZELTO_BASE_URL", "https://"),
        ({"ZELTO_BASE_URL": "https://a.example:x"}, "ZELTO_BASE_URL", "https://"),
    ],
)
def test_a_public_instance_does_not_start_without_what_it_needs(
    tmp_path: Path, change: dict[str, str], names: str, says_what_to_do: str
) -> None:
    ended = start(tmp_path, PUBLIC | change)
    assert ended.returncode == 1
    sentence = ended.stderr.splitlines()[-1].partition("ImproperlyConfigured: ")[2]
    assert sentence.startswith(names)
    assert re.search(says_what_to_do, sentence)
    for secret in change.values():
        assert names != "SECRET_KEY" or len(secret) < 2 or secret not in sentence


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"ZELTO_BEHIND_PROXY": "0"},
        {"ALLOWED_HOSTS": ".example.com"},
        {"ZELTO_BASE_URL": "https://Zelto.example.com:8443/"},
        {"ZELTO_BASE_URL": "http://zelto.example.com", "ZELTO_BEHIND_PROXY": ""},
        {"ZELTO_BASE_URL": "http://[2001:db8::1]", "ALLOWED_HOSTS": "[2001:db8::1]"},
        {"ZELTO_METRICS_TOKEN": "b1946ac92492d2347c6235b4d2611184"},
    ],
)
def test_it_starts_with_all_of_it(tmp_path: Path, change: dict[str, str]) -> None:
    ended = start(tmp_path, PUBLIC | change)
    assert ended.stderr == ""
    assert ended.stdout.endswith("False\n")


@pytest.mark.parametrize(
    "address",
    [
        "https://Zelto.Example.com/",
        "https://zelto.example.com:443",
        "HTTPS://zelto.example.com",
        "https://zelto.example.com.",
    ],
)
def test_what_is_compared_with_a_browser_is_spelled_like_a_browser(
    tmp_path: Path, address: str
) -> None:
    code = "import zelto.settings as s; print(s.BASE_URL, *s.CSRF_TRUSTED_ORIGINS)"
    ended = start(tmp_path, PUBLIC | {"ZELTO_BASE_URL": address}, "-c", code)
    assert ended.stdout.split() == ["https://zelto.example.com"] * 2


@pytest.mark.parametrize(
    "address", ["https://bücher.example", "https://xn--bcher-kva.example"]
)
def test_a_name_beyond_ascii_may_be_typed_either_way(
    tmp_path: Path, address: str
) -> None:
    typed = {"ZELTO_BASE_URL": address, "ALLOWED_HOSTS": "Bücher.example"}
    code = "import zelto.settings as s; print(s.BASE_URL, *s.ALLOWED_HOSTS)"
    ended = start(tmp_path, PUBLIC | typed, "-c", code)
    host = "xn--bcher-kva.example"
    assert ended.stdout.split() == [f"https://{host}", host]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"ZELTO_BASE_URL": "http://127.0.0.1:9000"},
        {"ZELTO_BASE_URL": "http://[::1]:9000"},
        {"DEBUG": "1"},
    ],
)
def test_ones_own_machine_needs_none_of_it(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    ended = start(tmp_path, environment)
    assert ended.stderr == ""
    assert ended.stdout.endswith("True\n")


def test_a_weak_key_is_refused_on_ones_own_machine_too(tmp_path: Path) -> None:
    ended = start(tmp_path, {"SECRET_KEY": "a"})
    assert "SECRET_KEY is easy to guess" in ended.stderr
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret_key").write_text("\n")
    ended = start(tmp_path, {})
    assert f"{tmp_path / 'var' / 'secret_key'} holds no key that" in ended.stderr


@pytest.mark.parametrize(
    "name", ["EMAIL_PORT", "ZELTO_LEASE_SECONDS", "ZELTO_MAX_BODY_BYTES"]
)
def test_zero_is_refused_where_nothing_would_work(tmp_path: Path, name: str) -> None:
    ended = start(tmp_path, {name: "0"})
    assert f"{name} must be a whole number, 1 or more." in ended.stderr


def test_the_start_stops_with_the_sentence_alone(tmp_path: Path) -> None:
    for command in (
        ("manage.py", "check"),
        ("-m", "zelto.embedded", "--data-dir", str(tmp_path / "var"), "run"),
    ):
        ended = start(tmp_path, PUBLIC | {"ALLOWED_HOSTS": ""}, *command)
        assert ended.returncode == 1
        assert ended.stdout == ""
        assert ended.stderr.startswith("ALLOWED_HOSTS must be set")
        assert len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "var").exists()
