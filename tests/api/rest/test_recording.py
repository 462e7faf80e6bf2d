"""`GET /v1/conversations/{id}/recording`, and what a conversation says of it"""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from accounts.models import ApiKey, AuditAction, AuditEntry
from conversations.models import Conversation, Recording
from conversations.recordings import serving
from conversations.recordings.files import recordings_storage
from tests.api.conftest import Api, Tools
from tests.conversations.conftest import MakeConversation, MakeRecording
from web.long_answers import MOST, Kind

pytestmark = pytest.mark.django_db

ROOT = "/v1/conversations"
SOURCE = "https://recordings.example.com/1.ogg"


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    return make_conversation([], external_id="room-1", recording_url=SOURCE)


@pytest.fixture
def audio(conversation: Conversation, make_recording: MakeRecording) -> bytes:
    recording = make_recording(conversation)
    with recordings_storage().open(recording.file) as file:
        return bytes(file.read())


@pytest.fixture
def path(conversation: Conversation, audio: bytes) -> str:
    return f"{ROOT}/{conversation.id}/recording"


def test_it_gives_the_audio(api: Api, path: str, audio: bytes) -> None:
    response = api.get(path)
    assert response.status_code == 200
    assert response.content == audio
    assert response["Content-Type"] == "audio/ogg"


def test_it_gives_the_range_that_is_asked_for(
    api: Api, path: str, audio: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A program that asks for the rest gets all of the rest, however much that is.
    monkeypatch.setattr(serving, "PIECE_BYTES", 100)
    response = api.get(path, headers={"Range": "bytes=10-"})
    assert response.status_code == 206
    assert b"".join(response.streaming_content) == audio[10:]
    assert response["Content-Range"] == f"bytes 10-{len(audio) - 1}/{len(audio)}"


def test_a_range_behind_the_end_is_a_problem(api: Api, path: str, audio: bytes) -> None:
    response = api.get(path, headers={"Range": f"bytes={len(audio)}-"})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(audio)}"
    assert response.json()["detail"] == "The range is not within the recording."


def test_what_the_program_has_is_not_sent_again(api: Api, path: str) -> None:
    tag = api.get(path)["ETag"]
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_head_tells_how_long_it_is(api: Api, path: str, audio: bytes) -> None:
    response = api.ask("HEAD", path)
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(audio))
    assert not response.content


def test_too_many_downloads_are_a_problem(
    api: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "PIECE_BYTES", 100)
    running = [api.get(path) for _ in range(MOST[Kind.DOWNLOAD][1])]
    refused = api.get(path)
    assert refused.status_code == 503
    assert refused["Retry-After"] == "5"
    for one in running:
        assert list(one.streaming_content)


def test_it_is_in_the_audit_log_once_by_key(
    api: Api, reader: Api, full_key: tuple[ApiKey, str], path: str
) -> None:
    for each in (api, api, reader, reader):
        each.get(path, headers={"Range": "bytes=0-9"})
    entries = AuditEntry.objects.filter(action=AuditAction.RECORDING_OPENED)
    assert entries.count() == 2
    entry = entries.get(key=full_key[0])
    assert (entry.by, entry.subject) == (None, "room-1")


def test_a_key_that_may_not_read_is_refused(poster: Api, path: str) -> None:
    assert poster.get(path).status_code == 403
    assert not AuditEntry.objects.exists()


def test_it_refuses_an_outsider(outsider: Api, stranger: Api, path: str) -> None:
    assert outsider.get(path).status_code == 404
    assert stranger.get(path).status_code == 401


def test_an_unknown_parameter_is_a_400(api: Api, path: str) -> None:
    assert api.get(path, download="1").status_code == 400


def test_without_audio_it_is_a_404(api: Api, conversation: Conversation) -> None:
    url = f"{ROOT}/{conversation.id}/recording"
    Recording.objects.create(conversation=conversation, state="failed")
    response = api.get(url)
    assert response.status_code == 404
    assert response.json()["detail"] == "There is no recording of this conversation."


def test_a_file_that_is_gone_is_a_404(api: Api, path: str) -> None:
    recordings_storage().delete(Recording.objects.get().file)
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("fields", "state", "error"),
    [
        ({"state": "waiting"}, "waiting", None),
        ({"state": "waiting", "last_error": "Busy."}, "waiting", "Busy."),
        ({"state": "running"}, "fetching", None),
        ({"state": "failed", "last_error": "Gone."}, "failed", "Gone."),
        ({"state": "done", "file": "a/b/c.ogg"}, "stored", None),
        ({"state": "running", "file": "a/b/c.ogg"}, "stored", None),
        (
            {"state": "failed", "file": "a/b/c.ogg", "last_error": "Gone."},
            "stored",
            "Gone.",
        ),
    ],
)
def test_a_conversation_says_where_it_stands(
    api: Api,
    tools: Tools,
    conversation: Conversation,
    fields: dict[str, Any],
    state: str,
    error: str | None,
) -> None:
    Recording.objects.create(conversation=conversation, source_url=SOURCE, **fields)
    expected = {"state": state, "error": error, "sourceUrl": SOURCE}
    url = f"{ROOT}/{conversation.id}"
    assert api.get(url).json()["recording"] == expected
    assert api.get(ROOT).json()["data"][0]["recording"] == expected
    told = tools.call("get_conversation", conversationId=str(conversation.id))
    assert told["recording"] == expected


def test_the_transcript_names_our_address_of_it(
    api: Api, tools: Tools, conversation: Conversation, path: str
) -> None:
    address = f"{settings.BASE_URL}{path}"
    told = api.get(f"{ROOT}/{conversation.id}/transcript").json()
    assert told["recordingUrl"] == address
    told = tools.call("get_transcript", conversationId=str(conversation.id))
    assert told["recordingUrl"] == address


def test_without_audio_the_transcript_names_none(
    api: Api, conversation: Conversation
) -> None:
    told = api.get(f"{ROOT}/{conversation.id}/transcript").json()
    assert told["recordingUrl"] is None


def test_a_list_asks_no_more_for_fifty_and_reads_no_waves(
    api: Api,
    make_conversation: MakeConversation,
    django_assert_num_queries: Any,
) -> None:
    for _ in range(50):
        Recording.objects.create(
            conversation=make_conversation(),
            state="done",
            file="a/b/c.ogg",
            peaks=[[1] * 2000],
        )
    api.get(ROOT)
    with django_assert_num_queries(3) as asked:
        assert len(api.get(ROOT, limit=50).json()["data"]) == 50
    assert not any("peaks" in each["sql"] for each in asked.captured_queries)
