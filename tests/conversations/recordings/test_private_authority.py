"""Recordings of a server whose certificate an authority of the operator's own signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from ssl import SSLContext

import pytest
from django.test import override_settings

from conversations.models import Recording
from tests.conversations.conftest import Want
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import after_a_try, stored_bytes
from tests.private_authority import PrivateAuthority
from web.outgoing import authorities
from web.outgoing.certificate_faults import OTHER_NAME_SENTENCE

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sounds_read_once"),
]
Serve = Callable[[SSLContext], FarServer]


@pytest.fixture
def authority(tmp_path: Path) -> PrivateAuthority:
    return PrivateAuthority(tmp_path)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Return `serve(context)`, which starts such a server, from which may be fetched."""
    with ExitStack() as servers:
        servers.enter_context(
            override_settings(
                RECORDING_ALLOW=["127.0.0.1", "localhost"], DATA_DIR=tmp_path / "data"
            )
        )
        yield lambda tls: servers.enter_context(FarServer(tls=tls))


@pytest.fixture
def trusted(authority: PrivateAuthority) -> Iterator[None]:
    with override_settings(CA_BUNDLE=authority.file):
        yield


def ask(server: FarServer, want: Want, sound: bytes = b"") -> Recording:
    return after_a_try(want(server.says("/a.ogg", answer(sound))))


def test_without_the_setting_it_is_refused_with_a_sentence_that_names_it(
    authority: PrivateAuthority, serve: Serve, want: Want
) -> None:
    server = serve(authority.server())
    recording = ask(server, want)
    assert recording.state == Recording.State.WAITING
    assert recording.last_error == (
        "No secure connection to 127.0.0.1 came about: its certificate is signed by "
        "nobody whom this machine trusts. Where that is an authority of your own, the "
        "operator names it with ZELTO_CA_BUNDLE."
    )
    assert not server.heads


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_with_it_the_recording_is_fetched(
    authority: PrivateAuthority, serve: Serve, want: Want, sound: bytes, host: str
) -> None:
    server = serve(authority.server())
    url = server.says("/a.ogg", answer(sound)).replace("127.0.0.1", host)
    assert stored_bytes(after_a_try(want(url))) == sound


def test_so_it_is_where_the_machine_trusts_that_authority(
    authority: PrivateAuthority,
    serve: Serve,
    want: Want,
    sound: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    authorities._all_authorities.cache_clear()
    recording = ask(serve(authority.server()), want, sound)
    authorities._all_authorities.cache_clear()
    assert stored_bytes(recording) == sound


@pytest.mark.usefixtures("trusted")
def test_a_redirect_to_such_a_server_is_followed(
    authority: PrivateAuthority, serve: Serve, want: Want, sound: bytes
) -> None:
    server = serve(authority.server())
    server.says("/b.ogg", answer(sound))
    recording = after_a_try(
        want(server.says("/a", answer(status=302, location=f"{server.url}/b.ogg")))
    )
    assert stored_bytes(recording) == sound


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({"names": ["files.example.com"]}, OTHER_NAME_SENTENCE),
        ({"names": ["10.0.4.7"]}, OTHER_NAME_SENTENCE),
        ({"from_day": -9, "to_day": -2}, "its certificate has expired."),
        ({"from_day": 2, "to_day": 9}, "its certificate is not valid yet."),
    ],
)
def test_the_authority_alone_is_not_enough(
    shown: dict[str, list[str] | int],
    said: str,
    authority: PrivateAuthority,
    serve: Serve,
    want: Want,
) -> None:
    names = shown.pop("names", [])
    assert isinstance(names, list)
    days = {name: day for name, day in shown.items() if isinstance(day, int)}
    server = serve(authority.server(*names, **days))
    recording = ask(server, want)
    assert recording.state == Recording.State.WAITING
    assert recording.last_error == (
        f"No secure connection to 127.0.0.1 came about: {said}"
    )
    assert not server.heads


def test_the_one_that_signed_is_enough_though_another_vouches_for_it(
    authority: PrivateAuthority, serve: Serve, want: Want, sound: bytes
) -> None:
    intermediate = authority.intermediate()
    with override_settings(CA_BUNDLE=intermediate.file):
        recording = ask(serve(intermediate.server()), want, sound)
    assert stored_bytes(recording) == sound


@pytest.mark.usefixtures("trusted")
def test_one_that_was_made_by_hand_is_good_as_long_as_it_has_the_name(
    authority: PrivateAuthority, serve: Serve, want: Want, sound: bytes
) -> None:
    recording = ask(serve(authority.bare_server("127.0.0.1")), want, sound)
    assert stored_bytes(recording) == sound


@pytest.mark.usefixtures("trusted")
def test_a_common_name_alone_does_not_count_and_the_sentence_says_what_does(
    authority: PrivateAuthority, serve: Serve, want: Want
) -> None:
    recording = ask(serve(authority.bare_server()), want)
    assert recording.last_error.endswith("only those in its subjectAltName count.")


@pytest.mark.usefixtures("trusted")
def test_another_authority_of_the_same_kind_is_not_trusted(
    serve: Serve, want: Want, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    recording = ask(serve(PrivateAuthority(tmp_path / "other").server()), want)
    assert "ZELTO_CA_BUNDLE" in recording.last_error


def test_a_server_that_speaks_no_tls_is_not_blamed_on_a_certificate(
    far_server: FarServer, want: Want
) -> None:
    url = far_server.says("/a.ogg", answer(b"")).replace("http:", "https:")
    recording = after_a_try(want(url))
    assert recording.state == Recording.State.WAITING
    assert "certificate" not in recording.last_error
