"""What is to be transcribed, as jobs: done once, charged once, whoever dies or erases."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.test import override_settings
from django.utils import timezone

from accounts.models import Organization
from conversations import worker_stop
from conversations.models import (
    Charge,
    Conversation,
    Recording,
    Transcript,
    Transcription,
)
from conversations.recordings.files import recordings_storage
from conversations.recordings.store_audio import store_audio
from conversations.transcription import worker as transcription_worker
from conversations.transcription.engine import ENGINES, OnProgress
from conversations.transcription.engine_client import CannotTranscribe
from conversations.transcription.queue import enqueue_transcription
from conversations.transcription.results import Heard
from integrations.erasure.erase import erase_conversation
from integrations.models import Delivery
from integrations.processing import worker as processing_worker
from tests.conversations.conftest import MakeAgent, MakeConversation, audio_of
from tests.conversations.recordings.sounds import write_sound
from tests.zelto.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

HEARD = [Heard(0, 0.5, 1.0, "Hello"), Heard(1, 1.2, 2.0, "Hi there")]


class Engine:
    """Hears what a test tells it to, after whatever happens `meanwhile`."""

    name = "ear, of a test"

    def __init__(self) -> None:
        self.heard = HEARD
        self.lacks = ""
        self.times = 0
        self.meanwhile: Callable[[], object] = lambda: None

    def missing(self) -> str:
        return self.lacks

    def transcribe(
        self, path: Path, channels: int, on_progress: OnProgress
    ) -> list[Heard]:
        assert path.is_file()
        self.times += 1
        on_progress(0.5)
        self.meanwhile()
        return self.heard


@pytest.fixture
def ear() -> Iterator[Engine]:
    chosen = Engine()
    ENGINES["test"] = lambda: chosen
    with override_settings(STT_ENGINE="test"):
        yield chosen
    del ENGINES["test"]
    worker_stop.requested.clear()


def keep_audio(conversation: Conversation, path: Path) -> None:
    audio = audio_of(path.read_bytes(), path.suffix)
    assert store_audio(conversation=conversation, path=path, audio=audio, claim=None)


@pytest.fixture
def heard_call(make_conversation: MakeConversation, tmp_path: Path) -> Conversation:
    """With 90 seconds of audio, and nothing said of them."""
    conversation: Conversation = make_conversation(applied_through=1)
    Transcript.objects.create(conversation=conversation)
    keep_audio(conversation, write_sound(tmp_path / "a.flac", 90.0, channels=2))
    assert enqueue_transcription(conversation)
    return conversation


def turns_of(conversation: Conversation) -> Any:
    processing_worker.process_batch()
    return Transcript.objects.get(conversation=conversation).turns


def test_what_is_heard_goes_through_the_log_into_the_conversation(
    ear: Engine, heard_call: Conversation
) -> None:
    transcription_worker.transcribe_until_none_is_due()

    delivery = Delivery.objects.get()
    assert (delivery.source, delivery.key, delivery.outcome) == (
        *("transcription", None),
        "accepted",
    )
    assert turns_of(heard_call) == [
        {"role": "user", "content": "Hello", "startSeconds": 0.5, "endSeconds": 1.0},
        {
            "role": "assistant",
            "content": "Hi there",
            "startSeconds": 1.2,
            "endSeconds": 2.0,
        },
    ]
    agent = heard_call.agent_id
    heard_call.refresh_from_db()
    assert (heard_call.agent_id, heard_call.turn_count) == (agent, 2)
    job = Transcription.objects.get()
    assert (job.state, job.progress, job.made_by) == ("done", 1, ear.name)


def test_its_minutes_are_charged_once_whatever_is_done_again(
    ear: Engine, heard_call: Conversation
) -> None:
    for _ in range(2):
        transcription_worker.transcribe_until_none_is_due()
        Transcription.objects.update(**Transcription.afresh())

    (charge,) = Charge.objects.all()
    assert charge.meter == "transcription_minutes"
    assert charge.quantity == Decimal("1.5000")


def test_another_recording_of_the_call_is_charged_too(
    ear: Engine, heard_call: Conversation, tmp_path: Path
) -> None:
    transcription_worker.transcribe_until_none_is_due()
    keep_audio(heard_call, write_sound(tmp_path / "b.wav", 30.0))
    ear.heard = [Heard(0, 3.0, 4.0, "Anew")]
    assert enqueue_transcription(heard_call)
    transcription_worker.transcribe_until_none_is_due()

    (turn,) = turns_of(heard_call)
    assert turn["content"] == "Anew"
    minutes = sorted(charge.quantity for charge in Charge.objects.all())
    assert minutes == [Decimal("0.5"), Decimal("1.5")]


def test_a_test_session_is_not_charged(ear: Engine, heard_call: Conversation) -> None:
    Conversation.objects.update(is_test=True)
    transcription_worker.transcribe_until_none_is_due()
    assert Transcription.objects.get().state == "done"
    assert not Charge.objects.exists()


def test_turns_that_were_sent_meanwhile_are_worth_more(
    ear: Engine, heard_call: Conversation
) -> None:
    sent = [{"role": "user", "content": "As sent."}]
    ear.meanwhile = lambda: Transcript.objects.update(turns=sent)
    transcription_worker.transcribe_until_none_is_due()
    assert turns_of(heard_call) == sent


def test_what_has_turns_by_now_is_not_transcribed(
    ear: Engine, heard_call: Conversation
) -> None:
    Transcript.objects.update(turns=[{"role": "user", "content": "As sent."}])
    transcription_worker.transcribe_until_none_is_due()
    assert ear.times == 0
    assert not Transcription.objects.exists()


def test_a_caller_who_was_silent_by_the_worker_may_be_heard(
    ear: Engine, heard_call: Conversation
) -> None:
    Transcript.objects.update(turns=[])
    transcription_worker.transcribe_until_none_is_due()
    assert len(turns_of(heard_call)) == 2


def test_an_erased_conversation_leaves_no_word(
    ear: Engine, heard_call: Conversation
) -> None:
    ear.meanwhile = lambda: erase_conversation(conversation=heard_call, by=None)
    transcription_worker.transcribe_until_none_is_due()
    assert ear.times == 1
    assert not Delivery.objects.exists()
    assert not Charge.objects.exists()
    assert not Transcription.objects.exists()


def test_erasing_takes_along_what_was_heard(
    ear: Engine, heard_call: Conversation
) -> None:
    transcription_worker.transcribe_until_none_is_due()
    erase_conversation(conversation=heard_call, by=None)
    processing_worker.process_batch()
    delivery = Delivery.objects.get()
    assert (delivery.outcome, delivery.body) == ("ignored", None)
    assert not Conversation.objects.exists()


def test_audio_that_was_replaced_meanwhile_is_heard_in_its_place(
    ear: Engine, heard_call: Conversation, tmp_path: Path
) -> None:
    other = write_sound(tmp_path / "b.wav", 6.0)

    def replace() -> None:
        if ear.times == 1:
            keep_audio(heard_call, other)

    ear.meanwhile = replace
    transcription_worker.transcribe_until_none_is_due()

    assert ear.times == 2
    assert Transcription.objects.get().file == Recording.objects.get().file
    assert [charge.quantity for charge in Charge.objects.all()] == [Decimal("0.1")]


def test_who_lost_the_job_writes_nothing(ear: Engine, heard_call: Conversation) -> None:
    def another_worker_takes_it() -> None:
        Transcription.objects.update(lease_until="2020-01-01T00:00Z")
        assert Transcription.claim_next()

    ear.meanwhile = another_worker_takes_it
    transcription_worker.transcribe_until_none_is_due()
    assert Transcription.objects.get().state == "running"
    assert not Delivery.objects.exists()
    assert not Charge.objects.exists()


def test_without_an_engine_it_waits_and_is_done_later(
    ear: Engine, heard_call: Conversation
) -> None:
    ear.lacks = "It is not installed."
    transcription_worker.transcribe_until_none_is_due()
    job = Transcription.objects.get()
    assert (job.state, job.attempts) == ("waiting", 0)
    ear.lacks = ""
    transcription_worker.transcribe_until_none_is_due()
    assert Transcription.objects.get().state == "done"


def test_it_fails_after_some_tries_and_can_be_asked_for_again(
    ear: Engine, heard_call: Conversation
) -> None:
    def fail() -> None:
        raise CannotTranscribe("The model is broken.")

    ear.meanwhile = fail
    for _ in range(len(Transcription.WAITS) + 1):
        Transcription.objects.update(next_try_at=None)
        transcription_worker.transcribe_until_none_is_due()
    job = Transcription.objects.get()
    assert (job.state, job.last_error) == ("failed", "The model is broken.")
    transcription_worker.transcribe_until_none_is_due()
    assert ear.times == 5

    ear.meanwhile = lambda: None
    assert enqueue_transcription(heard_call)
    transcription_worker.transcribe_until_none_is_due()
    assert Transcription.objects.get().state == "done"


def test_what_kills_its_worker_each_time_is_given_up(
    ear: Engine, heard_call: Conversation
) -> None:
    Transcription.objects.update(attempts=5)
    transcription_worker.transcribe_until_none_is_due()
    job = Transcription.objects.get()
    assert (job.state, job.last_error) == ("failed", transcription_worker.INTERRUPTED)


def test_audio_that_is_gone_fails_at_once(
    ear: Engine, heard_call: Conversation
) -> None:
    Recording.objects.update(file="gone/away.ogg")
    transcription_worker.transcribe_until_none_is_due()
    assert Transcription.objects.get().state == "failed"


def test_a_worker_that_ends_puts_its_job_back(
    ear: Engine, heard_call: Conversation
) -> None:
    def end() -> None:
        from conversations.transcription.engine_client import Dropped

        worker_stop.requested.set()
        raise Dropped

    ear.meanwhile = end
    transcription_worker.transcribe_until_none_is_due()
    job = Transcription.objects.get()
    assert (job.state, job.attempts, job.claim) == ("waiting", 0, None)


def test_one_at_a_time_in_a_process(
    ear: Engine,
    heard_call: Conversation,
    make_conversation: MakeConversation,
    tmp_path: Path,
) -> None:
    other = make_conversation(applied_through=1)
    keep_audio(other, write_sound(tmp_path / "b.wav", 1.0))
    assert enqueue_transcription(other)
    running: list[int] = []

    def another_message_comes() -> None:
        transcription_worker.transcribe_until_none_is_due()
        running.append(Transcription.objects.filter(state="running").count())

    ear.meanwhile = another_message_comes
    transcription_worker.transcribe_until_none_is_due()
    assert running == [1, 1]


def test_the_lease_is_kept_while_a_bucket_is_slow(
    ear: Engine, heard_call: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing moves meanwhile that could renew it."""

    def has_no_paths(*_: object) -> str:
        raise NotImplementedError

    storage = recordings_storage()
    path_of = storage.path
    others: list[Transcription | None] = []

    def slowly(name: str) -> object:
        first = Transcription.objects.get().lease_until
        assert first
        wait_for(lambda: timezone.now() > first, 10, what="a lease is over")
        others.append(Transcription.claim_next())
        return Path(path_of(name)).open("rb")

    monkeypatch.setattr(storage, "path", has_no_paths)
    monkeypatch.setattr(storage, "open", slowly)
    with override_settings(LEASE_SECONDS=2):
        transcription_worker.transcribe_until_none_is_due()
    assert others == [None]
    assert Transcription.objects.get().state == "done"


def test_organizations_take_turns(
    ear: Engine,
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
    other_organization: Organization,
    tmp_path: Path,
) -> None:
    agents = [make_agent(), make_agent(), make_agent(organization=other_organization)]
    sound = write_sound(tmp_path / "c.wav", 1.0)
    calls = [make_conversation(agent=agent, applied_through=1) for agent in agents]
    for call in calls:
        keep_audio(call, sound)
        assert enqueue_transcription(call)
    begun: list[Any] = []

    def note() -> None:
        begun.append(Transcription.objects.get(state="running").conversation_id)

    ear.meanwhile = note
    transcription_worker.transcribe_until_none_is_due()
    assert begun == [calls[0].pk, calls[2].pk, calls[1].pk]


def test_the_metadata_of_a_call_says_who_is_in_which_channel(
    ear: Engine, heard_call: Conversation
) -> None:
    Conversation.objects.update(metadata={"channels": ["agent", "user"]})
    transcription_worker.transcribe_until_none_is_due()
    assert [turn["role"] for turn in turns_of(heard_call)] == ["assistant", "user"]


def test_a_recording_in_a_bucket_is_copied_and_the_copy_goes(
    ear: Engine, heard_call: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has_no_paths(*_: object) -> str:
        raise NotImplementedError

    paths: list[Path] = []
    transcribe = ear.transcribe
    monkeypatch.setattr(type(recordings_storage()), "path", has_no_paths)
    monkeypatch.setattr(
        type(recordings_storage()),
        "_open",
        lambda *_: File(io.BytesIO(b"sound" * 1000)),
    )

    def look(path: Path, channels: int, on_progress: OnProgress) -> list[Heard]:
        assert path.read_bytes() == b"sound" * 1000
        paths.append(path)
        return transcribe(path, channels, on_progress)

    monkeypatch.setattr(ear, "transcribe", look)
    transcription_worker.transcribe_until_none_is_due()
    assert Transcription.objects.get().state == "done"
    assert not paths[0].exists()


def test_a_storage_that_is_away_is_tried_later(
    ear: Engine, heard_call: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> str:
        raise RuntimeError("the bucket does not answer")

    monkeypatch.setattr(type(recordings_storage()), "path", away)
    transcription_worker.transcribe_until_none_is_due()
    job = Transcription.objects.get()
    assert (job.state, job.attempts) == ("waiting", 1)
    assert job.last_error == "Its audio could not be read: RuntimeError."
