from __future__ import annotations

import pytest

from zelto_livekit.answers import Answer, Verdict, seconds_of

RECEIVED = '{"received": true}'


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        (200, RECEIVED, Verdict.STORED),
        (202, RECEIVED, Verdict.STORED),
        (200, "<h1>Welcome</h1>", Verdict.NOT_NOW),
        (200, '{"received": "no"}', Verdict.NOT_NOW),
        (204, "", Verdict.NOT_NOW),
        (302, "", Verdict.NOT_NOW),
        (308, "", Verdict.NOT_NOW),
        *[
            (status, "", Verdict.REFUSED)
            for status in (400, 409, 410, 411, 413, 415, 422)
        ],
        *[(status, "", Verdict.NOT_NOW) for status in (401, 403, 404, 405, 407, 421)],
        *[(status, "", Verdict.LATER) for status in (408, 423, 425, 431, 500, 507)],
        *[(status, "", Verdict.NOT_NOW) for status in (429, 502, 503, 504)],
        (0, "nothing listens", Verdict.NOT_NOW),
    ],
)
def test_what_follows_from_an_answer(status: int, text: str, verdict: Verdict) -> None:
    assert Answer(status, text).verdict is verdict


def test_it_quotes_the_detail_of_zelto_and_no_page_of_others() -> None:
    assert Answer(401, '{"detail": "This key is unknown."}').sentence == (
        "401: This key is unknown."
    )
    assert "secret words" not in Answer(502, "<p>secret words</p>").sentence
    assert "secret words" not in Answer(200, "secret words").sentence


def test_it_says_where_a_redirect_leads() -> None:
    answer = Answer(301, location="https://zelto.example.com/x?token=1")
    assert "https://zelto.example.com/x;" in answer.sentence
    assert "token" not in answer.sentence


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        *[("3", 3), ("0.5", 0.5), ("-1", 0), ("nan", 0), ("inf", 0), ("", 0)],
        *[("1e9", 3600), ("Wed, 21 Oct 2026 07:28:00 GMT", 0)],
    ],
)
def test_it_reads_retry_after(written: str, seconds: float) -> None:
    assert seconds_of(written) == seconds
