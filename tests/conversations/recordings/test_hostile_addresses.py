"""Addresses that must not be asked, and that nobody asks: every connection is seen."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from conversations.models import Recording
from conversations.recordings.answers import NotNow, Refused
from conversations.recordings.download import download
from conversations.recordings.lease_keeper import LeaseKeeper
from tests.conversations.recordings.far_server import FarServer, answer

PUBLIC = "93.184.215.14"
# What names resolve to, one answer after the other.
NAMES = {
    "private.example": [["10.0.0.5"]],
    "loopback.example": [["127.0.0.1"]],
    "six.example": [["::1"]],
    "mapped.example": [["::ffff:127.0.0.1"]],
    "metadata.example": [["169.254.169.254"]],
    "mixed.example": [[PUBLIC, "127.0.0.1"]],
    "scoped.example": [["fe80::1%lo"]],
    # First what is fit to be asked, then what is meant.
    "rebinding.example": [[PUBLIC], ["127.0.0.1"]],
    "localhost.example.": [["127.0.0.1"]],
}
ADDRESSES = [
    "http://127.0.0.1:{port}/",
    "http://127.8.8.8:{port}/",
    "https://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://localhost.:{port}/",
    "http://LOCALHOST:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://127.0.0.1%2f@127.0.0.1:{port}/",
    "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460:{port}/",
    "http://\uff11\uff12\uff17.0.0.1:{port}/",
    "http://127\u30020\u30020\u30021:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[::ffff:0:127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fc00::1]:{port}/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/",
    "http://2852039166/latest/meta-data/",
    "http://[::ffff:a9fe:a9fe]/latest/meta-data/",
    "http://public.example@127.0.0.1:{port}/",
    "http://public.example:80@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@public.example/",
    "http://127.0.0.1:{port}\\@public.example/",
    "http://127.0.0.1:{port}?@public.example/",
    "http://127.0.0.1:0{port}/",
    "http://127.0.0.1:22/",
    "http://public.example:22/",
    "http://public.example:6553600/",
    "http://public.example:-1/",
    "http://public.example:25/",
    "http:127.0.0.1:{port}",
    "http:///127.0.0.1:{port}/",
    "http://",
    "http://.127.0.0.1:{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1\r\nHost: public.example:{port}/",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "FILE:///etc/passwd",
    "gopher://127.0.0.1:{port}/_GET%20/",
    "ftp://127.0.0.1:{port}/a.ogg",
    "dict://127.0.0.1:{port}/info",
    "ldap://127.0.0.1:{port}/",
    "data:audio/ogg;base64,T2dnUw==",
    "jar:http://127.0.0.1:{port}/!/",
    "httpx://127.0.0.1:{port}/",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "//127.0.0.1:{port}/",
    "127.0.0.1:{port}",
    *(f"http://{name}:{{port}}/" for name in NAMES if name != "rebinding.example"),
]
# To where a server that may be asked sends one on.
LED_TO = [
    "http://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "https://[::1]:{port}/",
    "http://private.example:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "data:audio/ogg;base64,T2dnUw==",
    "http://2130706433:{port}/",
    "javascript:alert(1)",
]


@pytest.fixture
def listeners() -> Iterator[list[FarServer]]:
    """Where a connection would be noticed: both loopbacks."""
    with FarServer("127.0.0.1") as four, FarServer("::1") as six:
        yield [four, six]


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address to which anything of this process tries to connect."""
    tried: list[str] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        if address[0] == PUBLIC:
            raise ConnectionRefusedError  # no packet leaves this machine
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return tried


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A resolver with the names above; how often each was asked for."""
    asked: dict[str, int] = {}
    real = socket.getaddrinfo

    def resolve(host: str, port: object, *rest: object, **more: object) -> object:
        if host == "public.example":
            answers = [[PUBLIC]]
        elif host in NAMES:
            answers = NAMES[host]
        else:
            return real(host, port, *rest, **more)  # type: ignore[arg-type]
        asked[host] = asked.get(host, 0) + 1
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port or 0),
            )
            for one in answers[min(asked[host], len(answers)) - 1]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def ask(url: str, path: Path) -> None:
    watch = LeaseKeeper.of_a_fetch(Recording(), 30)
    try:
        download(url, path, watch)
    finally:
        watch.close()


def test_there_are_enough_of_them() -> None:
    assert len({*ADDRESSES}) == len(ADDRESSES) >= 25


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_is_not_asked(
    address: str, listeners: list[FarServer], dialled: list[str], tmp_path: Path
) -> None:
    for listener in listeners:
        with pytest.raises((Refused, NotNow)) as refused:
            ask(address.format(port=listener.port), tmp_path / "a")
        assert str(refused.value)
    assert dialled == []
    assert [listener.connections for listener in listeners] == [0, 0]
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("address", LED_TO)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_other_server_leads_there(
    address: str,
    status: int,
    listeners: list[FarServer],
    dialled: list[str],
    tmp_path: Path,
) -> None:
    with FarServer() as allowed, override_settings(RECORDING_ALLOW=["good.example"]):
        NAMES["good.example"] = [["127.0.0.1"]]
        url = f"http://good.example:{allowed.port}/"
        for listener in listeners:
            location = address.format(port=listener.port)
            allowed.says("/", answer(status=status, location=location))
            with pytest.raises(Refused):
                ask(url, tmp_path / "a")
        assert allowed.connections == len(listeners)
        assert len(dialled) == len(listeners)
        assert [listener.connections for listener in listeners] == [0, 0]


@pytest.mark.parametrize(
    "address",
    [
        "http://public.example\\@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}@public.example/",
        "http://[::1]:{port}@public.example:8080\\@127.0.0.1/",
    ],
)
def test_where_two_hosts_could_be_meant_the_public_one_is(
    address: str, listeners: list[FarServer], dialled: list[str], tmp_path: Path
) -> None:
    with pytest.raises(NotNow):
        ask(address.format(port=listeners[0].port), tmp_path / "a")
    assert dialled == [PUBLIC]
    assert [listener.connections for listener in listeners] == [0, 0]


def test_a_name_that_changes_its_mind_is_asked_where_it_was_judged(
    names: dict[str, int],
    listeners: list[FarServer],
    dialled: list[str],
    tmp_path: Path,
) -> None:
    with pytest.raises(NotNow):
        ask(f"http://rebinding.example:{listeners[0].port}/", tmp_path / "a")
    assert names["rebinding.example"] == 1
    assert dialled == [PUBLIC]
    assert [listener.connections for listener in listeners] == [0, 0]


def test_no_proxy_of_the_environment_is_used(
    listeners: list[FarServer],
    dialled: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, listeners[0].url)
    with pytest.raises(NotNow):
        ask("http://public.example:8080/", tmp_path / "a")
    assert dialled == [PUBLIC]
    assert listeners[0].connections == 0


@pytest.mark.parametrize(
    "allowed", ["127.0.0.1/32", "127.0.0.0/8", "good.example", "GOOD.example"]
)
def test_what_the_operator_allows_is_asked(allowed: str, tmp_path: Path) -> None:
    NAMES["good.example"] = [["127.0.0.1"]]
    with FarServer() as server, override_settings(RECORDING_ALLOW=[allowed]):
        server.says("/a", answer(b"audio"))
        ask(f"http://good.example:{server.port}/a", tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == b"audio"
        assert f"Host: good.example:{server.port}\r\n" in server.heads[0]


@pytest.mark.parametrize("allowed", ["other.example", "10.0.0.0/8", "example"])
def test_what_is_allowed_allows_nothing_else(
    allowed: str, listeners: list[FarServer], tmp_path: Path
) -> None:
    with override_settings(RECORDING_ALLOW=[allowed]), pytest.raises(Refused):
        ask(f"http://loopback.example:{listeners[0].port}/", tmp_path / "a")
    assert listeners[0].connections == 0


def test_the_reason_tells_no_address_that_a_name_resolves_to(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        ask("http://private.example/a?signature=secret", tmp_path / "a")
    assert str(refused.value) == (
        "private.example is not a public address, so it was not asked. Where it is "
        "meant, the operator allows it with ZELTO_RECORDING_ALLOW."
    )
