import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from web.compression import CompressionMiddleware

TEXT = b"the same again, " * 100


def answer(response, accepts="gzip, br"):
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepts})
    return CompressionMiddleware(lambda request: response)(request)


@pytest.mark.parametrize(
    "kind", ["text/html; charset=utf-8", "text/csv", "application/json"]
)
def test_it_compresses_text(kind):
    response = answer(HttpResponse(TEXT, content_type=kind))
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == TEXT
    assert response["Vary"] == "Accept-Encoding"


def test_it_compresses_what_is_streamed():
    response = answer(
        StreamingHttpResponse(iter([TEXT, TEXT]), content_type="text/csv")
    )
    assert gzip.decompress(b"".join(response.streaming_content)) == TEXT * 2


@pytest.mark.parametrize(
    ("kind", "status"),
    [("audio/ogg", 200), ("application/octet-stream", 200), ("text/html", 206)],
)
def test_it_leaves_alone_what_is_asked_for_in_ranges(kind, status):
    response = answer(HttpResponse(TEXT, content_type=kind, status=status))
    assert "Content-Encoding" not in response
    assert response.content == TEXT


def test_it_asks_who_reads():
    response = answer(HttpResponse(TEXT), accepts="identity")
    assert "Content-Encoding" not in response


def test_the_size_of_a_page_is_not_always_the_same():
    sizes = {len(answer(HttpResponse(TEXT)).content) for _ in range(50)}
    assert len(sizes) > 5


def test_every_form_has_another_token(bob_client, organization):
    tokens = {
        bob_client.get("/profile").context["csrf_token"].split(".")[0] for _ in range(3)
    }
    assert len({str(token) for token in tokens}) == 3


def test_pages_go_through_it(bob_client, organization):
    response = bob_client.get("/profile", headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert b"Your profile" in gzip.decompress(response.content)
