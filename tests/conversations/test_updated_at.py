"""When a conversation was updated: whatever changes what is told of it moves that on."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from accounts.models import Organization, User
from conversations.agents.merging import merge_agents, move_merged_conversations
from conversations.listing.query import ListQuery, read_page
from conversations.listing.views import version_of
from conversations.models import Conversation, Recording
from conversations.recordings.actions import retry_recording
from conversations.recordings.probe import read_audio
from conversations.recordings.store_audio import store_audio
from tests.conversations.conftest import MakeAgent, MakeConversation, Want
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import after_a_try
from tests.conversations.recordings.sounds import write_sound

pytestmark = pytest.mark.django_db(transaction=True)
Moved = Callable[[], bool]


def updated_at() -> datetime:
    return Conversation.objects.values_list("updated_at", flat=True).get()


@pytest.fixture
def has_moved() -> Moved:
    """Whether it moved on since this was asked last."""
    seen: list[datetime] = []

    def look() -> bool:
        seen.append(updated_at())
        return len(seen) == 1 or seen[-1] > seen[-2]

    return look


@pytest.fixture
def replace(make_conversation: MakeConversation, tmp_path: Path) -> Callable[[], None]:
    """Stores another recording, which lasts as long as the one before."""
    conversation = make_conversation(duration_seconds=9, sent_duration_seconds=9)
    channels = itertools.cycle([1, 2])

    def store() -> None:
        path = write_sound(tmp_path / "a.ogg", channels=next(channels))
        assert store_audio(
            conversation=conversation, path=path, audio=read_audio(path), claim=None
        )

    return store


def test_a_recording_that_is_stored_or_replaced_moves_it_on(
    replace: Callable[[], None], has_moved: Moved
) -> None:
    has_moved()
    replace()
    assert has_moved()
    replace()
    assert has_moved()


def test_the_live_list_tells_that_a_recording_was_replaced(
    replace: Callable[[], None], organization: Organization
) -> None:
    def version() -> str:
        return version_of(read_page(organization, ListQuery(), {}).rows)

    replace()
    before = version()
    replace()
    assert version() != before


def test_a_recording_that_is_begun_and_fails_moves_it_on(
    far_server: FarServer, want: Want, has_moved: Moved
) -> None:
    want(far_server.says("/a", answer(status=404)))
    has_moved()
    claimed = Recording.claim_next()
    assert claimed is not None
    assert has_moved()
    claimed.put_back()
    assert has_moved()
    assert after_a_try(claimed).public_state == "failed"
    assert has_moved()


def test_a_try_that_fails_and_comes_again_moves_it_on(
    far_server: FarServer, want: Want, has_moved: Moved
) -> None:
    recording = want(far_server.says("/a", answer(status=500)))
    claimed = Recording.claim_next()
    assert claimed is not None
    has_moved()
    claimed.try_later("The server was in trouble.")
    recording.refresh_from_db()
    assert recording.last_error
    assert has_moved()


def test_who_lost_the_claim_moves_nothing_on(want: Want, has_moved: Moved) -> None:
    want("https://example.com/a")
    claimed = Recording.claim_next()
    assert claimed is not None
    Recording.objects.update(**Recording.afresh())
    has_moved()
    claimed.give_up("Too late.")
    assert not has_moved()


def test_a_recording_that_is_tried_again_by_hand_moves_it_on(
    want: Want, bob: User, has_moved: Moved
) -> None:
    recording = want("https://example.com/a")
    Recording.objects.update(state=Recording.State.FAILED, last_error="Gone.")
    has_moved()
    assert retry_recording(recording=recording, by=bob)
    assert has_moved()


def test_following_its_agent_into_another_moves_it_on(
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
    dora: User,
    has_moved: Moved,
) -> None:
    typo, kept = make_agent(), make_agent()
    make_conversation(agent=typo)
    has_moved()
    merge_agents(merged=typo, kept=kept, by=dora)
    move_merged_conversations(seconds=60)
    assert has_moved()


def test_a_clock_that_was_set_back_moves_it_on_as_well(
    replace: Callable[[], None], has_moved: Moved
) -> None:
    Conversation.objects.update(updated_at=datetime.fromisoformat("2090-01-01T00:00Z"))
    has_moved()
    replace()
    assert has_moved()
