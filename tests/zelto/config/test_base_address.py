"""ZELTO_BASE_URL and ALLOWED_HOSTS in the spellings of people, and in that of browsers."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host
from django.test import Client, override_settings

from accounts.models import User
from tests.conftest import PASSWORD
from zelto import public_config
from zelto.base_address import base_address, read_address


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://zelto.example.com", "https://zelto.example.com"),
        ("https://Zelto.Example.COM", "https://zelto.example.com"),
        ("HTTPS://zelto.example.com", "https://zelto.example.com"),
        ("https://zelto.example.com/", "https://zelto.example.com"),
        ("https://zelto.example.com//", "https://zelto.example.com"),
        ("https://zelto.example.com:443", "https://zelto.example.com"),
        ("https://zelto.example.com:0443/", "https://zelto.example.com"),
        ("https://zelto.example.com:", "https://zelto.example.com"),
        ("http://zelto.example.com:80", "http://zelto.example.com"),
        ("http://zelto.example.com:443", "http://zelto.example.com:443"),
        ("https://zelto.example.com:8443/", "https://zelto.example.com:8443"),
        ("https://zelto.example.com.", "https://zelto.example.com"),
        ("https://zelto.example.com?", "https://zelto.example.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        # Python's own codec makes `strasse` of it, which is another host.
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://例え。テスト", "https://xn--r8jz45g.xn--zckzah"),
        ("http://192.0.2.7:8000", "http://192.0.2.7:8000"),
        ("http://[2001:0DB8:0:0::1]:8000", "http://[2001:db8::1]:8000"),
        ("http://[::FFFF:192.0.2.7]", "http://[::ffff:c000:207]"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://LOCALHOST:8000", "http://localhost:8000"),
    ],
)
def test_it_is_spelled_as_a_browser_spells_it(typed: str, address: str) -> None:
    assert str(read_address(typed)) == address


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("zelto.example.com", "begins with https://"),
        ("zelto.example.com:8000", "begins with https://"),
        ("//zelto.example.com", "begins with https://"),
        ("ftp://zelto.example.com", "begins with https://"),
        ("https:/zelto.example.com", "begins with https://"),
        ("https://", "begins with https://"),
        ("https://:8000", "no host name"),
        ("https://zelto.example.com/zelto", "no path"),
        ("https://zelto.example.com/zelto/", "no path"),
        ("https://zelto.example.com/?a=1", "nothing behind"),
        ("https://zelto.example.com#top", "nothing behind"),
        ("https://ada:s3cret@zelto.example.com", "user name or password"),
        ("https://ada@zelto.example.com", "user name or password"),
        ("https://ada:s3/cret@zelto.example.com", "could not be read"),
        ("https://zelto.example.com:port", "could not be read"),
        ("https://zelto.example.com:70000", "could not be read"),
        ("https://zelto.example.com:-1", "could not be read"),
        ("https://zelto.example.com:0", "port"),
        ("https://2001:db8::1", "could not be read"),
        ("https://[2001:db8::1", "quotes, spaces|could not be read"),
        ("https://[fe80::1%25eth0]", "interface|could not be read"),
        ('"https://zelto.example.com"', "without quotes"),
        ("'https://zelto.example.com'", "without quotes"),
        ("https://zelto .example.com", "without quotes, spaces"),
        ("https://zel\tto.example.com", "without quotes, spaces"),
        ("https:\\\\zelto.example.com", "backslashes"),
        ("https://zelto_web:8000", "underscore"),
        ("https://-zelto.example.com", "no host name"),
        ("https://zelto..example.com", "no host name"),
        ("https://zel%74o.example.com", "no host name"),
        (f"https://{'a' * 64}.example.com", "no host name"),
        ("https://💩.example", "xn--"),
        ("http://127.1:8000", "in full"),
        ("http://2130706433", "in full"),
        ("http://192.0.2.256", "in full"),
        ("http://0.0.0.0:8000", "ZELTO_BIND"),
        ("http://[::]:8000", "ZELTO_BIND"),
    ],
)
def test_what_nobody_could_sign_in_at_is_refused_with_a_sentence(
    typed: str, says: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read_address(typed)
    sentence = str(refused.value)
    assert sentence.startswith(
        "ZELTO_BASE_URL must look like https://zelto.example.com"
    )
    assert re.search(says, sentence)
    assert "s3" not in sentence


def test_spaces_around_it_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZELTO_BASE_URL", "  https://zelto.example.com/ \n")
    assert str(base_address()) == "https://zelto.example.com"


@pytest.mark.parametrize(
    ("typed", "hosts"),
    [
        ("Zelto.Example.com", ["zelto.example.com"]),
        ("zelto.example.com:8000", ["zelto.example.com"]),
        ("https://zelto.example.com/", ["zelto.example.com"]),
        ("https://zelto.example.com:8443", ["zelto.example.com"]),
        (" zelto.example.com , localhost,", ["zelto.example.com", "localhost"]),
        ("zelto.example.com.", ["zelto.example.com"]),
        (".Example.com", [".example.com"]),
        ("Bücher.example", ["xn--bcher-kva.example"]),
        (".bücher.example", [".xn--bcher-kva.example"]),
        ("::1", ["[::1]"]),
        ("[2001:0DB8::1]:8000", ["[2001:db8::1]"]),
        ("*", ["*"]),
    ],
)
def test_allowed_hosts_are_spelled_as_browsers_send_them(
    monkeypatch: pytest.MonkeyPatch, typed: str, hosts: list[str]
) -> None:
    monkeypatch.setenv("ZELTO_BASE_URL", "http://localhost:8000")
    monkeypatch.setenv("ALLOWED_HOSTS", typed)
    assert public_config.allowed_hosts() == hosts


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("zelto_web", "underscore"),
        ("*.example.com", r"written \.example\.com"),
        ("a.example b.example", "separated by commas"),
        ('["zelto.example.com"]', "separated by commas"),
        ("zelto.example.com/zelto", "no host name"),
        ("10.0.0.0/8", "no host name|in full"),
    ],
)
def test_a_name_that_allows_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, typed: str, says: str
) -> None:
    monkeypatch.setenv("ZELTO_BASE_URL", "http://localhost:8000")
    monkeypatch.setenv("ALLOWED_HOSTS", typed)
    with pytest.raises(ImproperlyConfigured, match=says) as refused:
        public_config.allowed_hosts()
    assert str(refused.value).startswith("ALLOWED_HOSTS")


def test_both_may_be_typed_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZELTO_BASE_URL", "https://BÜCHER.example:443/")
    monkeypatch.setenv("ALLOWED_HOSTS", "https://bücher.example")
    hosts = public_config.allowed_hosts()
    assert validate_host("xn--bcher-kva.example", hosts)


@pytest.mark.parametrize(
    "typed",
    [
        "https://Zelto.Example.com:443/",
        "HTTPS://zelto.example.com",
        "https://zelto.example.com",
    ],
)
def test_people_can_log_in_however_it_is_typed(typed: str, alice: User) -> None:
    """Through a proxy that ends TLS and does not say so."""
    client = Client(enforce_csrf_checks=True)
    with override_settings(
        ALLOWED_HOSTS=["zelto.example.com"],
        CSRF_TRUSTED_ORIGINS=[str(read_address(typed))],
    ):
        headers = {"Host": "zelto.example.com", "Origin": "https://zelto.example.com"}
        page = client.get("/login", headers=headers).content.decode()
        token = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page)[0]
        response = client.post(
            "/login",
            {"login": alice.email, "password": PASSWORD, "csrfmiddlewaretoken": token},
            headers=headers,
        )
    assert response.status_code == 302
