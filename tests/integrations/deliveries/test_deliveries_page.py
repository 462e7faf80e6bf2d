"""`/org/<slug>/deliveries`."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiKey
from integrations.deliveries import pages as deliveries
from integrations.models import Delivery
from tests.integrations.conftest import session

URL = "/org/acme/deliveries"
LIVEKIT = {"X-Zelto-Provider": "livekit"}
MISFIT = session("call-bad", transcript={"turns": [{"role": "<script>alert(1)"}]})
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def arrive(organization):
    def make(external_id="call-1", **fields):
        defaults = {
            "organization": organization,
            "provider": "livekit",
            "status": 200,
            "outcome": "processed",
            "external_id": external_id,
        }
        return Delivery.objects.create(**defaults | fields)

    return make


def page_of(client, query=""):
    response = client.get(f"{URL}{query}")
    assert response.status_code == 200
    return response.content.decode()


def calls_in(content):
    """The calls of the rows, from top to bottom."""
    return re.findall(r"z-row-link[^>]*>([^<]*)<", content)


def link(content, rel):
    match = re.search(rf'rel="{rel}" href="([^"]*)"', content)
    return match and html.unescape(match[1])


def found(pattern, content):
    match = re.search(pattern, content)
    assert match, pattern
    return html.unescape(match[1])


def test_it_lists_every_post_newest_first(dora_client, post, process):
    post(session("call-1"), **LIVEKIT)
    process()
    post(session("call-2"))
    post(MISFIT, **LIVEKIT)
    content = page_of(dora_client)
    assert calls_in(content) == ["call-bad", "call-2", "call-1"]
    refused = content[content.index("call-bad") : content.index("call-2")]
    assert "422" in refused
    assert "Refused" in refused
    assert "transcript.turns[0].role must be one of" in refused
    assert "Stored" in content
    assert "Processed" in content
    assert "livekit-prod-worker" in content


def test_a_row_leads_to_its_delivery(dora_client, arrive):
    row = arrive()
    assert f'href="/org/acme/deliveries/{row.uuid}"' in page_of(dora_client)


def test_what_is_received_is_escaped(dora_client, arrive, post):
    arrive("<b>bold", reason="<i>why", agent_reference="<u>")
    post(MISFIT, **LIVEKIT)
    content = page_of(dora_client)
    for markup in ("<script>alert(1)", "<b>bold", "<i>why"):
        assert markup not in content
        assert markup.replace("<", "&lt;").replace(">", "&gt;") in content


def test_folded_refusals_show_their_count_and_their_last_time(
    dora_client, organization, make_key, post
):
    text = make_key(organization, scope="read", name="reader")[1]
    for _ in range(3):
        post(session(), key=text, **LIVEKIT)
    Delivery.objects.update(received_at=NOON, last_received_at=NOON + timedelta(0, 41))
    content = page_of(dora_client)
    assert "3 times" in content
    assert "The first at 20 Nov 2026, 12:00:00 UTC, the last at" in content
    assert '<time datetime="2026-11-20T12:00:41.000+00:00"' in content


def test_warnings_are_counted(dora_client, post):
    post({**session("odd"), "extra": 1}, **LIVEKIT)
    assert "1 warning" in page_of(dora_client)


def test_an_empty_log_says_what_will_be_here(dora_client):
    content = page_of(dora_client)
    assert "No deliveries yet." in content
    assert "/org/acme/settings/integrations/livekit" in content


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ("?outcome=processed", ["done"]),
        ("?outcome=accepted", ["stored"]),
        ("?outcome=rejected", ["malformed", "refused"]),
        ("?outcome=failed", ["failed"]),
        ("?outcome=ignored", ["ignored"]),
        ("?outcome=needs-a-look", ["malformed", "failed", "refused"]),
        ("?status=422", ["refused"]),
        ("?status=200", ["ignored", "failed", "stored", "done"]),
        ("?status=200&outcome=failed", ["failed"]),
        ("?status=422&outcome=failed", []),
        ("?provider=zelto", ["ignored"]),
        ("?provider=unknown", ["malformed"]),
        ("?reference=refused", ["refused"]),
        ("?reference=refuse", []),
        ("?reference=refused&provider=zelto", []),
    ],
)
def test_it_is_narrowed(dora_client, arrive, query, calls):
    arrive("done")
    arrive("refused", status=422, outcome="rejected")
    arrive("stored", outcome="accepted")
    arrive("failed", outcome="failed")
    arrive("ignored", outcome="ignored", provider="zelto")
    arrive("malformed", status=400, outcome="rejected", provider="")
    content = page_of(dora_client, query)
    assert calls_in(content) == calls
    if not calls:
        assert "No delivery fits these filters." in content


def test_it_is_narrowed_to_a_key(dora_client, arrive, organization, make_key):
    key = make_key(organization, name="staging")[0]
    arrive("theirs", key=key)
    arrive("other")
    content = page_of(dora_client, f"?key={key.id}")
    assert calls_in(content) == ["theirs"]
    assert "Key: staging" in content


def test_it_is_narrowed_to_days_in_the_organizations_zone(
    dora_client, arrive, organization
):
    organization.time_zone = "Europe/Berlin"  # an hour ahead
    organization.save()
    for hours in (-13.5, -12.5, 0, 10.5, 11.5):
        arrive(f"{hours:+}", received_at=NOON + timedelta(hours=hours))
    day = "from=2026-11-20&to=2026-11-20"
    assert calls_in(page_of(dora_client, f"?{day}")) == ["+10.5", "+0", "-12.5"]
    assert calls_in(page_of(dora_client, "?from=2026-11-21")) == ["+11.5"]
    assert calls_in(page_of(dora_client, "?to=2026-11-19")) == ["-13.5"]
    assert calls_in(page_of(dora_client, "?from=2026-11-22")) == []


def test_each_filter_is_a_chip_that_can_be_taken_away(dora_client, arrive):
    arrive("call-1")
    content = page_of(dora_client, "?provider=livekit&status=200&from=2026-11-20")
    for chip in ("Provider: LiveKit", "Answer: 200", "From: Nov. 20, 2026"):
        assert f"Remove the filter {chip}" in content
    assert f'href="{URL}?provider=livekit&amp;from=2026-11-20"' in content


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?outcome=lost", "There is no outcome “lost”"),
        ("?provider=vapi", "There is no provider “vapi”"),
        ("?status=teapot", "The answer in the address is none that Zelto gives"),
        ("?status=²", "The answer in the address is none that Zelto gives"),
        ("?key=mine", "The key in the address is not an id"),
        ("?from=yesterday", "From is not a date"),
        ("?to=9999-12-31", "To is not a date"),
        ("?from=2026-11-21&to=2026-11-20", "From is after To"),
    ],
)
def test_a_filter_that_cannot_be_read_is_told(dora_client, arrive, query, sentence):
    arrive("call-1", received_at=NOON)
    assert sentence in page_of(dora_client, query)


@pytest.mark.parametrize("cursor", ["x", "%00", "00000000-0000-0000-0000-000000000000"])
def test_a_damaged_place_leads_to_the_newest(dora_client, arrive, cursor):
    arrive("call-1")
    for name in ("before", "after"):
        assert calls_in(page_of(dora_client, f"?{name}={cursor}")) == ["call-1"]


def test_another_organizations_row_is_no_place(dora_client, arrive, other_organization):
    theirs = arrive("theirs", organization=other_organization)
    arrive("mine")
    assert calls_in(page_of(dora_client, f"?before={theirs.uuid}")) == ["mine"]
    assert calls_in(page_of(dora_client)) == ["mine"]


def test_pages_lead_to_the_end_and_back_while_rows_arrive(
    dora_client, arrive, monkeypatch
):
    monkeypatch.setattr(deliveries, "PAGE_SIZE", 3)
    for number in range(8):
        arrive(f"call-{number}")
    first = page_of(dora_client)
    assert calls_in(first) == ["call-7", "call-6", "call-5"]
    arrive("call-8")
    second = page_of(dora_client, link(first, "next"))
    assert calls_in(second) == ["call-4", "call-3", "call-2"]
    third = page_of(dora_client, link(second, "next"))
    assert calls_in(third) == ["call-1", "call-0"]
    assert link(third, "next") is None
    assert calls_in(page_of(dora_client, link(third, "prev"))) == calls_in(second)
    # Upwards there is always a full page: the newest one, where it reaches the top.
    back = page_of(dora_client, link(second, "prev"))
    assert calls_in(back) == ["call-7", "call-6", "call-5"]
    top = page_of(dora_client, link(back, "prev"))
    assert calls_in(top) == ["call-8", "call-7", "call-6"]
    assert link(top, "prev") is None


def test_the_way_to_older_pages_keeps_the_filters(dora_client, arrive, monkeypatch):
    monkeypatch.setattr(deliveries, "PAGE_SIZE", 1)
    for number in range(3):
        arrive(f"call-{number}", provider="zelto" if number == 1 else "livekit")
    content = page_of(dora_client, "?provider=livekit")
    assert calls_in(content) == ["call-2"]
    assert calls_in(page_of(dora_client, link(content, "next"))) == ["call-0"]


def test_a_rare_key_is_looked_for_piece_by_piece(
    dora_client, arrive, organization, make_key, monkeypatch
):
    for name in ("FIRST_LOOK", "MAX_SEARCHED", "MAX_SEARCHED_FURTHER"):
        monkeypatch.setattr(deliveries, name, 4)
    key = make_key(organization, name="staging")[0]
    arrive("oldest", key=key)
    arrive("older", key=key)
    for number in range(6):
        arrive(f"other-{number}", received_at=NOON)
    query = f"?key={key.id}"
    content = page_of(dora_client, query)
    assert calls_in(content) == []
    assert "None so far." in content
    assert "Looked back to" in content
    further = found(r'href="([^"]*)">Look further back', content)
    content = page_of(dora_client, further)
    assert calls_in(content) == ["older", "oldest"]
    assert "Look further back" not in content
    # And upwards again.
    assert calls_in(page_of(dora_client, link(content, "prev"))) == []


def test_a_poll_gets_the_list_alone_or_nothing_new(dora_client, arrive):
    row = arrive("call-1", outcome="accepted")
    poll = {"HX-Request": "true"}
    response = dora_client.get(URL, headers=poll)
    content = response.content.decode()
    assert "<html" not in content
    assert calls_in(content) == ["call-1"]
    seen = found(r'data-live-content data-version="(\w+)"', content)
    again = dora_client.get(f"{URL}?seen={seen}", headers=poll)
    assert (again.status_code, again.content) == (204, b"")
    Delivery.objects.filter(pk=row.pk).update(outcome="processed")
    assert dora_client.get(f"{URL}?seen={seen}", headers=poll).status_code == 200


def test_only_the_newest_page_is_live(dora_client, arrive):
    row = arrive("call-1")
    arrive("call-2")
    assert 'data-live="/org/acme/deliveries"' in page_of(dora_client)
    narrowed = page_of(dora_client, "?provider=livekit")
    assert 'data-live="/org/acme/deliveries?provider=livekit"' in narrowed
    assert "data-live=" not in page_of(dora_client, f"?before={row.uuid}")


def test_the_side_bar_leads_here(dora_client, bob_client):
    content = page_of(dora_client)
    assert (
        'class="z-nav-link" href="/org/acme/deliveries" aria-current="page"' in content
    )
    members = bob_client.get("/org/acme/conversations").content.decode()
    assert "/org/acme/deliveries" not in members


def test_it_says_first_whether_the_last_day_needs_a_look(
    dora_client, arrive, organization, make_key
):
    now, key = timezone.now(), make_key(organization)[0]
    refused = {"status": 422, "outcome": "rejected", "key": key}
    arrive("call-1", **refused, received_at=now - timedelta(hours=25))
    arrive("call-2", received_at=now - timedelta(hours=3))
    assert "None refused in 24 hours" in page_of(dora_client)
    arrive("call-3", **refused, received_at=now - timedelta(hours=2), count=3)
    arrive("call-4", outcome="failed", key=key, received_at=now)
    content = page_of(dora_client)
    assert "4 refused or failed in 24 hours" in content
    assert 'href="?outcome=needs-a-look">See them</a>' in content
    assert "in 24 hours" not in page_of(dora_client, "?provider=livekit")


def test_more_rows_take_no_more_queries_and_no_bodies(
    dora_client, arrive, organization, make_key, django_assert_num_queries
):
    for number in range(5):
        arrive(f"call-{number}", key=make_key(organization)[0], body=b"{}")
    page_of(dora_client)
    with django_assert_num_queries(8):
        page_of(dora_client)
    for number in range(45):
        arrive(f"call-{number}", key=make_key(organization)[0], body=b"{}")
    with django_assert_num_queries(8) as many:
        page_of(dora_client)
    assert not any('"body"' in query["sql"] for query in many.captured_queries)


def test_a_key_that_is_no_more_leaves_its_rows(dora_client, arrive):
    arrive("call-1", key_id="00000000-0000-0000-0000-000000000000")
    ApiKey.objects.all().delete()
    assert calls_in(page_of(dora_client)) == ["call-1"]


def test_it_refuses_a_member(bob_client):
    assert bob_client.get(URL).status_code == 403


def test_it_refuses_an_outsider(charlie_client, arrive):
    arrive("call-1")
    assert charlie_client.get(URL).status_code == 404
    theirs = charlie_client.get("/org/globex/deliveries").content.decode()
    assert calls_in(theirs) == []


def test_signed_out_leads_to_the_login(client, organization):
    assert client.get(URL)["Location"].startswith("/login")


def test_it_is_only_read(dora_client):
    assert dora_client.post(URL).status_code == 405


def test_a_slash_at_the_end_is_no_matter(dora_client):
    assert dora_client.get(f"{URL}/").status_code == 200


def test_it_says_what_of_refusals_is_kept(dora_client, settings):
    settings.KEEP_REJECTED_DAYS, settings.KEEP_REJECTED_BYTES = 14, 64 * 1024 * 1024
    said = text_of(dora_client)
    assert "Refused ones are kept for 14 days, at most 64.0 MB of them" in said
    assert "the oldest go first" in said
    settings.KEEP_REJECTED_DAYS = 0
    assert "Refused ones are kept up to 64.0 MB" in text_of(dora_client)
    settings.KEEP_REJECTED_BYTES = 0
    assert "Refused ones" not in text_of(dora_client)
    settings.KEEP_REJECTED_DAYS = 1
    assert "Refused ones are kept for 1 day." in text_of(dora_client)


def text_of(client):
    page = client.get(URL).content.decode()
    return " ".join(page.replace("\xa0", " ").split())
