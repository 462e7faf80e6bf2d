"""`/org/<slug>/deliveries/<id>`."""

import html
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditAction, AuditEntry
from conversations.models import Conversation
from integrations.models import Delivery
from tests.integrations.conftest import session

LIVEKIT = {"X-Zelto-Provider": "livekit"}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MISFIT = session("call-bad", transcript={"turns": [{"role": "<script>alert(1)"}]})


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


def url_of(delivery, part=""):
    return f"/org/acme/deliveries/{delivery.uuid}{part}"


def page_of(client, delivery, part=""):
    response = client.get(url_of(delivery, part))
    assert response.status_code == 200
    return response.content.decode()


def found(pattern, content):
    match = re.search(pattern, content)
    assert match, pattern
    return html.unescape(match[1])


def words(content, start="<main", end="</main>"):
    """What the page says, without its markup."""
    inside = content[content.index(start) :].partition(end)[0]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", inside)))


def test_a_processed_one_leads_to_its_conversation(dora_client, post, process):
    post(session(), **LIVEKIT, **{"User-Agent": "worker/1"})
    process()
    row = Delivery.objects.get()
    content = page_of(dora_client, row)
    text = words(content)
    assert "Processed" in text
    assert "answered 200" in text
    assert "worker/1" in text
    assert row.request_id in text
    assert "livekit-prod-worker" in text
    assert "1 of 5" in text
    conversation = Conversation.objects.get()
    assert f'href="/org/acme/conversations/{conversation.id}"' in content
    assert f'href="/org/acme/agents/{conversation.agent_id}"' in content


def test_a_refused_one_says_why_and_what_to_do(dora_client, post):
    post(MISFIT, **LIVEKIT)
    content = page_of(dora_client, Delivery.objects.get())
    text = words(content)
    assert "Refused" in text
    assert "transcript.turns[0].role must be one of user, assistant" in text
    assert "Correct that field in the worker's code." in text
    assert "<script>alert" not in content


def test_each_fault_leads_to_its_place_in_the_body(dora_client, post):
    body = session(transcript={"turns": [{"role": "user"}, {"role": "bot"}]})
    del body["agent"]
    post(body, **LIVEKIT)
    content = page_of(dora_client, Delivery.objects.get())
    assert "2 faults" in content
    for number, (path, line) in enumerate(
        [("transcript.turns[1].role", '"role": "bot"'), ("agent", "{")], start=1
    ):
        assert f'href="#note-{number}">{path}</a>' in content
        assert found(rf'id="note-{number}">([^<]*)<', content).strip() == line


def test_each_warning_leads_to_its_place_too(dora_client, post):
    post({**session(), "extra": 1})
    content = page_of(dora_client, Delivery.objects.get())
    assert "1 warning" in content
    line = found(r'z-json-warn" data-line="\d+" id="note-1">([^<]*)<', content)
    assert line.strip() == '"extra": 1'


def test_a_body_that_is_no_json_is_shown_as_it_came(dora_client, post):
    post(b'{"call": <b>', **LIVEKIT)
    content = page_of(dora_client, Delivery.objects.get())
    assert found(r'z-json-bad" data-line="1" id="note-1">([^<]*)<', content) == (
        '{"call": '
    )
    assert "Expecting value" in content
    assert ">&lt;b&gt;</span>" in content


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": 401}, "Posts that are answered 401 keep no body."),
        ({"status": 422, "size": 300_000}, "over 256 KiB are not kept"),
        ({"status": 422, "fold_key": "x"}, "these were only counted"),
        ({"status": 422}, "Its body is gone: erased, or older than 90 days."),
        ({"outcome": "processed"}, "Its body is gone"),
    ],
)
def test_a_body_that_is_not_there_says_why(dora_client, arrive, fields, sentence):
    row = arrive(**{"outcome": "rejected", **fields})
    content = page_of(dora_client, row)
    assert sentence in words(content)
    assert "Download" not in content
    assert 'popovertarget="replay"' not in content


def test_a_folded_one_shows_its_count_and_both_times(dora_client, arrive):
    row = arrive(
        status=403,
        outcome="rejected",
        count=12,
        received_at=NOON,
        last_received_at=NOON + timedelta(seconds=41),
    )
    text = words(page_of(dora_client, row))
    assert "12 times in one minute" in text
    assert "First 20 Nov 2026, 12:00:00 UTC" in text
    assert "Last 20 Nov 2026, 12:00:41 UTC" in text


def test_one_that_is_tried_again_says_when(dora_client, arrive):
    row = arrive(
        outcome="accepted",
        attempts=2,
        last_error="The database <refused> it.",
        next_try_at=timezone.now() + timedelta(minutes=5),
    )
    text = words(page_of(dora_client, row))
    assert "Try 2 of 5 did not work: The database <refused> it." in text
    assert "The next try is due in 5 min" in text
    assert "2 of 5" in text


def test_the_other_deliveries_of_the_call_are_there(dora_client, post, process):
    for _ in range(2):
        post(session(), **LIVEKIT)
        process()
    post(session("another"), **LIVEKIT)
    first, second, another = Delivery.objects.order_by("sequence")
    content = page_of(dora_client, second)
    assert f'href="{url_of(first)}"' in content
    assert str(another.uuid) not in content
    assert "This is the only one." in page_of(dora_client, another)


def test_a_refused_one_shows_the_conversation_that_its_call_has(
    dora_client, post, process
):
    post(session("call-bad"), **LIVEKIT)
    process()
    post(MISFIT, **LIVEKIT)
    text = words(page_of(dora_client, Delivery.objects.get(status=422)))
    assert "from another delivery" in text


def test_only_one_that_waits_turns_by_itself(dora_client, post, process):
    post(session(), **LIVEKIT)
    row = Delivery.objects.get()
    assert f'data-refresh="{url_of(row, "/status")}"' in page_of(dora_client, row)
    process()
    assert "data-refresh" not in page_of(dora_client, row)
    parts = page_of(dora_client, row, "/status")
    assert "<html" not in parts
    assert "Processed" in parts
    assert re.findall(r'id="(delivery-[a-z]+)" data-part', parts) == [
        "delivery-lead",
        "delivery-replay",
        "delivery-problem",
        "delivery-notes",
        "delivery-outcome",
    ]


def test_whoever_opens_a_body_is_noted_once_an_hour(dora_client, dora, post):
    post(session(), **LIVEKIT)
    row = Delivery.objects.get()
    page_of(dora_client, row)
    page_of(dora_client, row)
    dora_client.get(url_of(row, "/body"))
    entry = AuditEntry.objects.get()
    assert entry.action == AuditAction.BODY_OPENED
    assert (entry.by, entry.subject) == (dora, "call-1")
    assert entry.detail == {"id": str(row.uuid)}


def test_looking_at_one_without_a_body_is_not_noted(dora_client, arrive):
    row = arrive()
    page_of(dora_client, row)
    page_of(dora_client, row, "/status")
    assert not AuditEntry.objects.exists()


def test_the_body_is_given_as_it_was_received(dora_client, post):
    data = json.dumps(session("call/1 ü")).encode() + b"  \n"
    post(data, **LIVEKIT)
    response = dora_client.get(url_of(Delivery.objects.get(), "/body"))
    assert response.content == data
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == 'attachment; filename="call_1.json"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"


def test_a_body_that_is_gone_is_not_found(dora_client, arrive):
    assert dora_client.get(url_of(arrive(), "/body")).status_code == 404


def test_a_large_body_is_cut_with_a_way_to_all_of_it(dora_client, post):
    post(session(transcript={"turns": [{"role": "user"}] * 600}), **LIVEKIT)
    content = page_of(dora_client, Delivery.objects.get())
    assert content.count('class="z-json-line') == 1000
    assert "Download all of it" in content


def test_more_faults_and_siblings_take_no_more_queries(
    dora_client, post, process, django_assert_num_queries
):
    post(session(), **LIVEKIT)
    process()
    row = Delivery.objects.get()
    page_of(dora_client, row)
    with django_assert_num_queries(9):
        page_of(dora_client, row)
    for _ in range(10):
        post(session(transcript={"turns": [{"role": "bot"}] * 9}), **LIVEKIT)
    with django_assert_num_queries(9) as many:
        page_of(dora_client, row)
    bodies = [query for query in many.captured_queries if '"body"' in query["sql"]]
    assert len(bodies) == 1


@pytest.mark.parametrize("part", ["", "/status", "/body", "/replay"])
def test_it_is_for_admins_of_the_organization(
    client, bob_client, charlie_client, arrive, part
):
    row = arrive(body=b"{}")
    url = url_of(row, part)
    assert bob_client.get(url).status_code == 403
    assert charlie_client.get(url).status_code == 404
    assert charlie_client.get(url.replace("acme", "globex")).status_code == 404
    assert client.get(url)["Location"].startswith("/login")


@pytest.mark.parametrize("part", ["", "/status", "/body"])
def test_it_is_only_read(dora_client, arrive, part):
    assert dora_client.post(url_of(arrive(), part)).status_code == 405
