"""Where a recording stands, in the page of its conversation"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Organization
from conversations.listing.views import version_of
from conversations.models import Conversation, Recording, Transcription
from tests.conversations.conftest import (
    NOON,
    MakeAgent,
    MakeConversation,
    MakeRecording,
)

pytestmark = pytest.mark.django_db

TURNS = [
    {"role": "assistant", "content": "Hi.", "timestamp": "2026-11-22T12:00:00.5Z"},
    {"role": "user", "content": "Hello.", "timestamp": "2026-11-22T12:00:01.5Z"},
]


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    return make_conversation(TURNS, started_at=NOON)


def page_of(client: Client, conversation: Conversation, query: str = "") -> str:
    response = client.get(f"/org/acme/conversations/{conversation.id}{query}")
    assert response.status_code == 200
    return response.content.decode()


def state_in(html: str) -> str:
    """The words of the part that turns by itself."""
    part = html.partition('id="recording-state"')[2].partition('<div class="z-player')[
        0
    ]
    text = re.sub(r"<svg.*?</svg>|<[^>]*>", " ", part.partition(">")[2], flags=re.S)
    return " ".join(text.split())


def turns_by_itself(html: str) -> bool:
    return "data-refresh=" in html


@pytest.mark.parametrize(("count", "said"), [(1, "1 other"), (2, "2 others")])
def test_it_says_how_many_of_the_organization_come_first(
    bob_client: Client,
    make_conversation: MakeConversation,
    make_agent: MakeAgent,
    other_organization: Organization,
    count: int,
    said: str,
) -> None:
    others = [make_conversation() for _ in range(count)]
    others.append(make_conversation(agent=make_agent(organization=other_organization)))
    for other in others:
        Recording.objects.create(conversation=other)
    conversation = make_conversation()
    Recording.objects.create(conversation=conversation)
    html = page_of(bob_client, conversation)
    assert f"It is fetched after {said} of this organization." in state_in(html)


def test_without_a_recording_there_is_no_word_of_one(
    bob_client: Client, conversation: Conversation
) -> None:
    html = page_of(bob_client, conversation)
    assert "recording-state" not in html
    assert "player.js" not in html
    assert (
        "nonce"
        not in bob_client.get("/org/acme/conversations")["Content-Security-Policy"]
    )


@pytest.mark.parametrize(
    ("fields", "said", "turns"),
    [
        ({"state": "waiting"}, "Recording waiting It is fetched next.", True),
        (
            {"state": "running", "fetched_bytes": 2048, "expected_bytes": 4096},
            "Fetching the recording 2.0 KB of 4.0 KB",
            True,
        ),
        (
            {"state": "running", "fetched_bytes": 2048},
            "Fetching the recording 2.0 KB",
            True,
        ),
        (
            {
                "state": "failed",
                "source_url": "https://audio.example.com/1.ogg",
                "last_error": "The server answered 404.",
            },
            "Recording not fetched The server answered 404. Try again",
            False,
        ),
        (
            {"state": "failed", "last_error": "Its audio was over 500 MB."},
            "No audio Its audio was over 500 MB.",
            False,
        ),
    ],
)
def test_it_says_where_a_recording_stands(
    bob_client: Client,
    conversation: Conversation,
    fields: dict[str, Any],
    said: str,
    turns: bool,
) -> None:
    Recording.objects.create(conversation=conversation, **fields)
    html = page_of(bob_client, conversation)
    assert state_in(html).replace("\xa0", " ") == said
    assert turns_by_itself(html) is turns
    part = bob_client.get(
        f"/org/acme/conversations/{conversation.id}/recording/state"
    ).content.decode()
    assert state_in(part).replace("\xa0", " ") == said
    assert ("data-settled" in part) is not turns


def test_a_try_that_failed_says_when_the_next_one_is(
    bob_client: Client, conversation: Conversation
) -> None:
    Recording.objects.create(
        conversation=conversation,
        last_error="The server is away.",
        next_try_at=timezone.now() + timedelta(minutes=5),
    )
    said = state_in(page_of(bob_client, conversation))
    assert "The last try failed: The server is away." in said
    assert "The next one: in 5 min" in said


def test_a_reason_is_shown_as_text(
    bob_client: Client, conversation: Conversation
) -> None:
    reason = "<script>alert(1)</script>"
    Recording.objects.create(
        conversation=conversation, state="failed", last_error=reason
    )
    html = page_of(bob_client, conversation)
    assert escape(reason) in html
    assert reason not in html


@pytest.mark.parametrize("state", ["failed", "running", "waiting"])
def test_what_is_there_stays_while_a_newer_one_is_had(
    bob_client: Client,
    conversation: Conversation,
    make_recording: MakeRecording,
    state: str,
) -> None:
    make_recording(conversation, state=state, last_error="It answered 403.")
    html = page_of(bob_client, conversation)
    assert "<audio" in html
    said = state_in(html)
    assert "elow is the one before" in said
    if state == "failed":
        assert said.startswith("Newer recording not fetched It answered 403.")


def test_a_stored_one_says_nothing_and_has_its_player(
    bob_client: Client, conversation: Conversation, make_recording: MakeRecording
) -> None:
    make_recording(conversation)
    html = page_of(bob_client, conversation)
    assert state_in(html) == ""
    assert not turns_by_itself(html)
    assert "player.js" in html
    assert f"/org/acme/conversations/{conversation.id}/recording" in html


def test_only_the_page_with_a_player_allows_its_style_by_a_nonce(
    bob_client: Client, conversation: Conversation, make_recording: MakeRecording
) -> None:
    make_recording(conversation)
    response = bob_client.get(f"/org/acme/conversations/{conversation.id}")
    policy = response["Content-Security-Policy"].split("; ")
    (styles,) = [each for each in policy if each.startswith("style-src")]
    found = re.fullmatch(r"style-src 'self' 'nonce-([^']+)'", styles)
    assert found
    assert f'data-nonce="{found[1]}"' in response.content.decode()
    assert {"script-src 'self'", "media-src 'self'"} <= set(policy)


@pytest.mark.parametrize(
    ("turns", "fields", "words"),
    [
        (TURNS, {"started_at": NOON}, "Turns are placed by when the call started"),
        (TURNS, {}, "The turns have no times"),
        (TURNS, {"metadata": {"recordingStartedAt": NOON.timestamp()}}, ""),
        (
            TURNS,
            {"metadata": {"recordingStartedAt": int(NOON.timestamp()) * 10**9}},
            "",
        ),
        (
            TURNS,
            {"started_at": NOON, "metadata": {"recordingStartedAt": "soon"}},
            "Turns are placed by when the call started",
        ),
        ([{"role": "user", "content": "x", "startSeconds": 1}], {}, ""),
    ],
)
def test_it_says_by_what_turns_are_placed(
    bob_client: Client,
    make_conversation: MakeConversation,
    make_recording: MakeRecording,
    turns: list[dict[str, Any]],
    fields: dict[str, Any],
    words: str,
) -> None:
    conversation = make_conversation(turns, **fields)
    make_recording(conversation)
    html = page_of(bob_client, conversation)
    notes = html.partition('class="z-player-notes"')[2].partition("</div>")[0]
    assert words in notes
    assert ("<span>" in notes) is bool(words)
    assert ("data-second=" in html) is ("no times" not in words)


def test_a_conversation_asks_little_with_a_player(
    bob_client: Client,
    conversation: Conversation,
    make_recording: MakeRecording,
    django_assert_num_queries: Any,
) -> None:
    page_of(bob_client, conversation)
    with django_assert_num_queries(11) as without:
        page_of(bob_client, conversation)
    make_recording(conversation)
    with django_assert_num_queries(len(without.captured_queries)):
        page_of(bob_client, conversation)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "waiting"}, "Transcription waiting"),
        ({"state": "running", "progress": 0.424}, "Transcribing 42 %"),
        ({"state": "failed", "last_error": "No model."}, "Not transcribed No model."),
    ],
)
def test_it_says_where_a_transcription_stands(
    bob_client: Client,
    make_conversation: MakeConversation,
    make_recording: MakeRecording,
    fields: dict[str, Any],
    said: str,
) -> None:
    conversation = make_conversation()
    make_recording(conversation)
    Transcription.objects.create(conversation=conversation, **fields)
    assert said in state_in(page_of(bob_client, conversation))


def test_the_list_notices_that_there_is_audio(
    bob_client: Client, conversation: Conversation
) -> None:
    before = version_of([conversation])
    row = bob_client.get("/org/acme/conversations").content
    Conversation.objects.update(has_audio=True)
    conversation.refresh_from_db()
    assert version_of([conversation]) != before
    of_row = re.compile(rb'<tr class="z-row"[^>]*data-version="([^"]*)"')
    after = bob_client.get("/org/acme/conversations").content
    assert of_row.findall(row) != of_row.findall(after)


def test_an_outsider_learns_nothing(
    charlie_client: Client, conversation: Conversation
) -> None:
    Recording.objects.create(conversation=conversation)
    path = f"conversations/{conversation.id}/recording/state"
    for organization in ("acme", "globex"):
        assert charlie_client.get(f"/org/{organization}/{path}").status_code == 404


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, ["Channel 1", "Channel 2", "Who is on which channel was not sent."]),
        ({"channels": ["user", "agent"]}, ["User", "Agent"]),
    ],
)
def test_it_says_whether_it_is_known_who_is_on_which_channel(
    bob_client: Client,
    make_conversation: MakeConversation,
    make_recording: MakeRecording,
    metadata: dict[str, Any],
    said: list[str],
) -> None:
    conversation = make_conversation(TURNS, started_at=NOON, metadata=metadata)
    make_recording(conversation, heard=[[(0, 1)], [(0, 1)]])

    html = page_of(bob_client, conversation)

    assert all(words in html for words in said)
    assert ("was not sent" in html) == (not metadata)
