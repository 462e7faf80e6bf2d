from __future__ import annotations

from pathlib import Path

import pytest
import tomllib

from zelto_livekit.settings import MEGABYTE, read_settings
from zelto_livekit.version import __version__

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
ENOUGH = {"ZELTO_URL": "https://zelto.example.com", "ZELTO_API_KEY": "zelto_x"}


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://zelto.example.com", "https://zelto.example.com"),
        ("https://zelto.example.com/", "https://zelto.example.com"),
        ("https://zelto.example.com/webhooks/calls", "https://zelto.example.com"),
        ("https://zelto.example.com/webhooks/calls/", "https://zelto.example.com"),
        (" http://127.0.0.1:8000 ", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/zelto/", "http://[::1]:8000/zelto"),
    ],
)
def test_an_address_is_that_of_zelto_or_of_its_webhook(
    written: str, address: str
) -> None:
    assert read_settings({}, ENOUGH | {"ZELTO_URL": written}).url == address


@pytest.mark.parametrize(
    "written",
    [
        "zelto.example.com",
        "ftp://zelto.example.com",
        "https://",
        "https://a:b@zelto.com",
        "http://zelto:port",
        "http://[::1",
    ],
)
def test_it_says_that_an_address_is_none(written: str) -> None:
    [fault] = read_settings({}, ENOUGH | {"ZELTO_URL": written}).faults
    assert "ZELTO_URL is no web address" in fault


def test_it_names_what_is_missing_and_what_is_no_number() -> None:
    faults = read_settings({}, {"ZELTO_OUTBOX_MAX_MB": "lots"}).faults
    assert [fault.split()[0] for fault in faults] == [
        "ZELTO_URL",
        "ZELTO_API_KEY",
        "ZELTO_OUTBOX_MAX_MB",
    ]


def test_a_key_with_a_line_break_never_becomes_a_header() -> None:
    settings = read_settings({}, ENOUGH | {"ZELTO_API_KEY": "zelto_x\nX-Other: 1"})
    assert settings.key == ""
    assert "ZELTO_API_KEY" in settings.faults[0]


def test_the_key_is_in_no_text_of_the_settings() -> None:
    assert "zelto_x" not in repr(read_settings({}, ENOUGH))


def test_code_wins_over_the_environment() -> None:
    environment = ENOUGH | {
        "ZELTO_OUTBOX": "/of/environment",
        "ZELTO_OUTBOX_MAX_MB": "5",
    }
    settings = read_settings({"outbox": "/of/code", "outbox_max_mb": 7}, environment)
    assert settings.outbox == Path("/of/code")
    assert settings.max_outbox_bytes == 7 * MEGABYTE
    assert read_settings({}, environment).outbox == Path("/of/environment")


def test_each_instance_has_an_outbox_of_its_own() -> None:
    one = read_settings({}, ENOUGH).outbox
    other = read_settings({}, ENOUGH | {"ZELTO_URL": "http://staging:8000"}).outbox
    assert one.name == "zelto.example.com"
    assert one != other


def test_a_recording_is_not_sent_beside_masked_words_unless_asked() -> None:
    def mask(item: dict[str, object]) -> dict[str, object]:
        return item

    assert read_settings({}, ENOUGH).audio
    assert not read_settings({"redact": mask}, ENOUGH).audio
    assert read_settings({"redact": mask, "audio": True}, ENOUGH).audio


def test_the_host_can_be_named_or_left_out() -> None:
    host = "ZELTO_WORKER_HOST"
    assert read_settings({}, ENOUGH | {host: "off"}).worker_host is None
    assert read_settings({}, ENOUGH | {host: "rack 7\n"}).worker_host == "rack 7"
    assert read_settings({}, ENOUGH | {host: "zürich"}).worker_host == "z?rich"
    assert read_settings({}, ENOUGH).worker_host


def test_the_package_says_the_version_that_it_is_built_with() -> None:
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    assert project["version"] == __version__
    assert project["dependencies"] == []
