"""What each kind of channel makes of what a real server does."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.kind import Config
from alerts.channels.registry import KINDS
from tests.alerts.channels.conftest import FORMS, SECRETS, Send, notice
from tests.alerts.receiver import Receiver, Reply
from tests.private_authority import PrivateAuthority
from web.outgoing import guarded_client

each_kind = pytest.mark.parametrize("kind", FORMS)
At = Callable[[str, str], Config]


@each_kind
@pytest.mark.parametrize("status", [200, 202, 204])
def test_it_is_taken(kind: str, status: int, receiver: Receiver, send: Send) -> None:
    receiver.answers(Reply(status, b"" if status == 204 else b"ok"))
    answer = send(kind)
    assert answer.was_taken
    assert answer.status == status
    assert (answer.reason, answer.retry_after) == ("", None)
    assert len(receiver.posts) == 1


@each_kind
def test_too_many_requests_are_tried_again_when_the_server_says(
    kind: str, receiver: Receiver, send: Send
) -> None:
    receiver.answers(Reply(429, b"slow down", (("Retry-After", "17"),)))
    answer = send(kind)
    assert not answer.was_taken and not answer.is_final
    assert (answer.status, answer.retry_after) == (429, 17.0)
    assert answer.reason == "The server answered 429 (Too Many Requests)."


def test_telegram_says_how_long_in_its_json(receiver: Receiver, send: Send) -> None:
    said = b'{"ok":false,"error_code":429,"parameters":{"retry_after":31}}'
    receiver.answers(Reply(429, said))
    assert send("telegram").retry_after == 31.0


@each_kind
@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_a_server_in_trouble_is_tried_again(
    kind: str, status: int, receiver: Receiver, send: Send
) -> None:
    receiver.answers(Reply(status))
    answer = send(kind)
    assert not answer.was_taken and not answer.is_final
    assert answer.status == status


@each_kind
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_refusal_is_final_but_for_a_program_that_may_be_deployed(
    kind: str, status: int, receiver: Receiver, send: Send
) -> None:
    receiver.answers(Reply(status, b"no_service"))
    answer = send(kind)
    assert not answer.was_taken
    assert answer.is_final is (kind != "webhook" or status == 410)
    assert str(status) in answer.reason
    assert answer.answer == "no_service"


@each_kind
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(
    kind: str, status: int, receiver: Receiver, send: Send
) -> None:
    with Receiver() as other:
        location = ("Location", f"{other.url}/elsewhere")
        receiver.answers(Reply(status, b"", (location,)))
        answer = send(kind)
        assert not answer.was_taken
        assert "leads to another address" in answer.reason
        assert not other.posts


@each_kind
def test_a_slow_server_is_left_after_the_time_limit(
    kind: str, receiver: Receiver, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded_client, "TOTAL_SECONDS", 0.3)
    receiver.hold.clear()
    answer = send(kind)
    assert not answer.was_taken and not answer.is_final
    assert answer.reason == "127.0.0.1 did not answer within 0.3 seconds."


@each_kind
def test_a_certificate_that_nobody_trusts_is_refused(
    kind: str, at: At, tmp_path: Path, allowed: None
) -> None:
    with Receiver(tls=PrivateAuthority(tmp_path).server()) as server:
        answer = KINDS[kind].send(at(kind, server.url), notice())
    assert not answer.was_taken and not answer.is_final
    assert answer.reason.startswith("No secure connection to 127.0.0.1 came about: ")
    assert "ZELTO_CA_BUNDLE" in answer.reason
    assert not server.posts


@each_kind
def test_one_of_an_authority_of_our_own_is_good(
    kind: str, at: At, tmp_path: Path, allowed: None, settings: Any
) -> None:
    authority = PrivateAuthority(tmp_path)
    settings.CA_BUNDLE, settings.DATA_DIR = authority.file, tmp_path / "data"
    with Receiver(tls=authority.server()) as server:
        assert KINDS[kind].send(at(kind, server.url), notice()).was_taken
    assert len(server.posts) == 1


@each_kind
def test_a_name_that_is_not_known_is_tried_again(
    kind: str, at: At, settings: Any
) -> None:
    settings.ALERT_ALLOW = ["nobody.invalid"]
    answer = KINDS[kind].send(at(kind, "https://nobody.invalid"), notice())
    assert not answer.was_taken and not answer.is_final
    assert answer.reason == "The name nobody.invalid was not found."


@each_kind
def test_nobody_there_is_tried_again(kind: str, at: At, allowed: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    answer = KINDS[kind].send(at(kind, url), notice())
    assert not answer.was_taken and not answer.is_final
    assert answer.reason == "No connection to 127.0.0.1 came about."


@each_kind
def test_a_private_address_is_not_asked_any_more_once_it_is_not_allowed(
    kind: str, at: At, receiver: Receiver, settings: Any
) -> None:
    config = at(kind, receiver.url.replace("http:", "https:"))
    settings.ALERT_ALLOW = []
    answer = KINDS[kind].send(config, notice())
    assert not answer.was_taken and answer.is_final
    assert "ZELTO_ALERT_ALLOW" in answer.reason
    assert not receiver.posts


@each_kind
def test_no_secret_is_kept_of_an_answer_or_is_in_the_log(
    kind: str, receiver: Receiver, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    echo = " ".join(SECRETS).encode()
    receiver.answers(Reply(400, echo + b"\x00\xff\x1b[31m" + b"x" * 100_000))
    answer = send(kind)
    own = [one for value in FORMS[kind].values() for one in SECRETS if one in value]
    assert own
    for secret in own:
        assert secret not in answer.answer + answer.reason + caplog.text
    assert len(answer.answer) <= 500
    assert answer.answer.isprintable()


@each_kind
def test_what_is_shown_of_a_channel_does_not_open_it(
    kind: str, allowed: None, at: At
) -> None:
    form = {
        name: value.format("http://127.0.0.1") for name, value in FORMS[kind].items()
    }
    shown = KINDS[kind].check(form).shown
    for secret in SECRETS:
        assert secret not in shown
    assert 0 < len(shown) <= 400
