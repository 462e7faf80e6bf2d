import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conversations.conftest import NOON

NASTY = "<script>alert(1)</script>"
PAYLOADS = Path(__file__).resolve().parents[2] / "payloads" / "livekit"


def url_of(conversation):
    return f"/org/acme/conversations/{conversation.id}"


def page_of(client, conversation):
    response = client.get(url_of(conversation))
    assert response.status_code == 200
    return response.content.decode()


def test_it_opens_with_what_happened(bob_client, make_conversation):
    conversation = make_conversation(
        external_id="RM_9f",
        duration_seconds=192.4,
        ended_reason="participant_disconnected",
        version="v12",
        turns=[
            {"role": "assistant", "content": "Hi", "metrics": {"e2e_latency": 2.84}},
            {"role": "user", "content": "Hello", "interrupted": True},
            {"role": "tool", "kind": "call", "toolCallId": "1", "toolName": "look"},
        ],
    )
    content = page_of(bob_client, conversation)
    for text in (
        "RM_9f",
        "3:12",
        "participant_disconnected",
        "3 turns",
        "1 tool call",
        "1 interruption",
        "slowest answer 2.8 s",
        "Interrupted",
        "No result",
        "v12",
    ):
        assert text in content


def test_what_was_judged_stands_on_top(bob_client, make_conversation):
    conversation = make_conversation(
        metadata={
            "outcome": {"outcome": "fail", "reason": "The caller gave up."},
            "evaluations": [
                {"name": "tone", "verdict": "pass", "reasoning": "Kind."},
                {"name": "accuracy", "verdict": "maybe", "reasoning": NASTY},
                {"name": "brevity", "verdict": "42"},
            ],
            "tags": ["lk.fail", "vip"],
        }
    )
    content = page_of(bob_client, conversation)
    top = content[content.index('id="verdict"') : content.index('id="facts"')]
    text = " ".join(re.sub("<[^>]+>", " ", top).split())
    assert "Outcome Fail The caller gave up." in text
    assert "tone pass Kind." in text
    assert "accuracy maybe" in text
    assert "brevity 42" in text
    assert "/org/acme/conversations?tag=vip" in top
    assert "judge=accuracy&amp;verdict=maybe" in top
    assert "lk.fail" not in text
    assert NASTY not in content


def test_without_a_verdict_nothing_is_said_of_one(bob_client, make_conversation):
    assert 'id="verdict"' not in page_of(bob_client, make_conversation())


def test_it_says_with_which_livekit_key_it_came(bob_client, make_conversation):
    conversation = make_conversation(metadata={"livekitApiKey": "APIprobe"})
    content = page_of(bob_client, conversation)
    facts = content[content.index('id="facts"') : content.index('id="metadata"')]
    assert "APIprobe" in facts


@pytest.mark.parametrize("scenario", ["order", "tool_error", "handoff", "interrupted"])
def test_it_shows_recorded_sessions(bob_client, make_conversation, scenario):
    body = json.loads((PAYLOADS / f"{scenario}.canonical.json").read_text("utf-8"))
    conversation = make_conversation(
        turns=body["transcript"]["turns"],
        system_prompt=body["systemPrompt"],
        metadata=body["metadata"],
    )
    content = page_of(bob_client, conversation)
    anchors = set(re.findall(r'id="turn-(\d+)"', content))
    assert len(anchors) == len(body["transcript"]["turns"])
    assert "phone support agent" in content
    assert body["metadata"]["roomSid"] in content


def test_it_refuses_an_outsider(charlie_client, make_conversation):
    conversation = make_conversation()
    assert charlie_client.get(url_of(conversation)).status_code == 404
    elsewhere = f"/org/globex/conversations/{conversation.id}"
    assert charlie_client.get(elsewhere).status_code == 404


def test_it_sends_the_signed_out_to_the_login(client, make_conversation):
    response = client.get(url_of(make_conversation()))
    assert response.status_code == 302
    assert response["Location"].startswith("/login")


@pytest.mark.parametrize(
    "identifier", ["x", "1", "00000000-0000-0000-0000-00000000000g", "%00"]
)
def test_a_malformed_id_is_not_found(bob_client, identifier):
    response = bob_client.get(f"/org/acme/conversations/{identifier}")
    assert response.status_code == 404


def test_everything_that_was_sent_is_escaped(bob_client, make_conversation, make_agent):
    conversation = make_conversation(
        agent=make_agent(name=NASTY),
        external_id=NASTY,
        customer_name=NASTY,
        customer_number=NASTY,
        ended_reason=NASTY,
        version=NASTY,
        recording_url=NASTY,
        metadata={NASTY: NASTY, "nested": {NASTY: [NASTY]}},
        system_prompt=NASTY,
        turns=[
            {"role": NASTY, "content": NASTY},
            {"role": "user", "content": NASTY},
            {"role": "system", "kind": NASTY, "content": NASTY},
            {"role": "system", "kind": "note", "content": NASTY * 20},
            {
                "role": "tool",
                "kind": "call",
                "toolName": NASTY,
                "toolCallId": NASTY,
                "arguments": {NASTY: NASTY},
            },
            {"role": "tool", "toolCallId": NASTY, "content": NASTY, "isError": True},
        ],
    )
    content = page_of(bob_client, conversation)
    assert "<script>alert" not in content
    assert content.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 20


def test_only_a_web_address_becomes_a_link(bob_client, make_conversation):
    bad = make_conversation(recording_url="javascript:alert(1)")
    content = page_of(bob_client, bad)
    assert "javascript:alert(1)" in content
    assert 'href="javascript:' not in content
    good = make_conversation(recording_url="https://storage.example.org/a.ogg")
    content = page_of(bob_client, good)
    assert 'href="https://storage.example.org/a.ogg" rel="noopener' in content


def test_facts_are_exact_and_in_the_zone_of_the_organization(
    bob_client, make_conversation, organization
):
    organization.time_zone = "Europe/Berlin"
    organization.save()
    conversation = make_conversation(
        started_at=NOON, duration_seconds=5.812, cost=Decimal("1.5")
    )
    content = page_of(bob_client, conversation)
    assert "22 Nov 2026, 13:00:00 CET" in content
    assert "5.812 s" in content
    assert "$1.50" in content


def test_whitespace_and_direction_are_kept(bob_client, make_conversation):
    conversation = make_conversation(
        turns=[{"role": "user", "content": "one\n\n   two\nسلم"}]
    )
    content = page_of(bob_client, conversation)
    assert '<p class="z-text" dir="auto">one\n\n   two\nسلم</p>' in content


def test_without_a_transcript_it_says_why(bob_client, make_conversation):
    assert "No transcript was sent." in page_of(bob_client, make_conversation())
    assert "Nobody said anything." in page_of(bob_client, make_conversation(turns=[]))
    with_audio = make_conversation(has_audio=True)
    assert "No transcript yet." in page_of(bob_client, with_audio)


def test_it_leads_to_its_neighbours(
    bob_client, make_conversation, make_agent, other_organization
):
    make_conversation(agent=make_agent(organization=other_organization))
    oldest, middle, newest = (make_conversation() for _ in range(3))
    make_conversation(agent=make_agent(organization=other_organization))
    context = bob_client.get(url_of(middle)).context
    assert (context["newer"], context["older"]) == (newest, oldest)
    assert bob_client.get(url_of(newest)).context["newer"] is None
    assert bob_client.get(url_of(oldest)).context["older"] is None


def test_deliveries_are_for_admins(bob_client, dora_client, make_conversation):
    conversation = make_conversation()
    panel = f"{url_of(conversation)}/deliveries"
    assert panel in page_of(dora_client, conversation)
    assert panel not in page_of(bob_client, conversation)


def test_a_long_call_asks_the_database_no_more_often(bob_client, make_conversation):
    turn = {"role": "user", "content": "word " * 30, "startSeconds": 1}
    page_of(bob_client, make_conversation())  # also writes the session
    counts = []
    for turns in ([turn], [turn] * 2000):
        conversation = make_conversation(turns=turns)
        with CaptureQueriesContext(connection) as queries:
            page_of(bob_client, conversation)
        counts.append(len(queries))
    assert counts[0] == counts[1]
