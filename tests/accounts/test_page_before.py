"""The page from which a request comes."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from accounts.links import page_before


@pytest.mark.parametrize(
    ("referer", "page"),
    [
        ("http://testserver/org/acme/agents?q=a%20b", "/org/acme/agents?q=a%20b"),
        ("http://testserver/org/acme/agents#top", "/org/acme/agents"),
        ("http://testserver", "/start"),
        ("", "/start"),
        ("http://evil.example/org/acme", "/start"),
        ("http://testserver:81/org/acme", "/start"),
        ("http://testserver//evil.example/", "/start"),
        ("http://testserver/\\evil.example/", "/start"),
        ("javascript:alert(1)", "/start"),
        ("http://[", "/start"),
    ],
)
def test_it_is_a_page_of_ours_or_nothing(referer: str, page: str) -> None:
    request = RequestFactory().post("/", headers={"Referer": referer})
    assert page_before(request, "/start") == page
