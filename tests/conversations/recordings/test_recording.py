"""`/org/<slug>/conversations/<id>/recording`"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client

from accounts.models import AuditAction, AuditEntry, User
from conversations.models import Conversation, Recording
from conversations.recordings import serving
from conversations.recordings.byte_ranges import range_in
from conversations.recordings.files import recordings_storage
from tests.conversations.conftest import MakeConversation, MakeRecording
from web.long_answers import MOST, Kind, budget

pytestmark = pytest.mark.django_db

Get = Callable[..., Any]
WEBKIT = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko)"
SAFARI = f"{WEBKIT} Version/18.1 Safari/605.1.15"
CHROME = f"{WEBKIT} Chrome/140.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
APPLE = "AppleCoreMedia/1.0.0.22G86 (iPhone; U; CPU OS 18_6 like Mac OS X; en_us)"
PLAYERS = {
    "": "a program that does not say who it is",
    CHROME: "Chrome",
    FIREFOX: "Firefox",
    SAFARI: "Safari",
    APPLE: "what plays for Safari and for apps on Apple's systems",
    "VLC/3.0.21 LibVLC/3.0.21": "VLC",
    "Lavf/61.7.100": "FFmpeg, mpv",
    "GStreamer souphttpsrc 1.22.0 libsoup/3.2.3": "GStreamer, WebKitGTK",
    "Player/1.0 (Linux;Android 15) AndroidXMedia3/1.8.0": "ExoPlayer",
    "stagefright/1.2 (Linux;Android 15)": "Android's own player",
    "curl/8.14.1": "curl",
}


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    return make_conversation(external_id="call/1")


@pytest.fixture
def audio(conversation: Conversation, make_recording: MakeRecording) -> bytes:
    """What is stored."""
    recording = make_recording(conversation)
    with recordings_storage().open(recording.file) as file:
        return bytes(file.read())


@pytest.fixture
def url(conversation: Conversation, audio: bytes) -> str:
    return f"/org/acme/conversations/{conversation.id}/recording"


@pytest.fixture
def get(bob_client: Client, url: str) -> Get:
    def ask(query: str = "", /, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return bob_client.get(url + query, headers=named)

    return ask


def body_of(response: Any) -> bytes:
    return b"".join(
        response.streaming_content if response.streaming else [response.content]
    )


def leave(response: Any) -> None:
    """As a web server does with the answer to a reader who is gone; but here the end of
    a request must not take the test's connection along."""
    request_finished.disconnect(close_old_connections)
    response.close()
    request_finished.connect(close_old_connections)


def test_a_member_gets_all_of_it(get: Get, audio: bytes) -> None:
    response = get()
    assert response.status_code == 200
    assert body_of(response) == audio
    assert response["Content-Length"] == str(len(audio))
    assert response["Content-Type"] == "audio/ogg"
    assert response["Accept-Ranges"] == "bytes"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Content-Disposition"] == 'inline; filename="call_1.ogg"'
    assert response["ETag"] == f'"{hashlib.sha256(audio).hexdigest()}"'
    assert "Content-Encoding" not in response


def test_a_download_has_a_name(get: Get) -> None:
    disposition = get("?download")["Content-Disposition"]
    assert disposition == 'attachment; filename="call_1.ogg"'


def test_nothing_compresses_it(get: Get, audio: bytes) -> None:
    response = get(Accept_Encoding="gzip")
    assert body_of(response) == audio


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("0-0", 0, 1), ("10-19", 10, 20), ("100-", 100, None), ("-7", -7, None)],
)
def test_a_range_is_a_part(
    get: Get, audio: bytes, asked: str, start: int, end: int | None
) -> None:
    response = get(Range=f"bytes={asked}")
    assert response.status_code == 206
    part = audio[start:end]
    assert body_of(response) == part
    first = audio.index(part) if start >= 0 else len(audio) + start
    last = first + len(part) - 1
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(audio)}"
    assert response["Content-Length"] == str(len(part))


def test_a_range_behind_the_end_is_a_416(get: Get, audio: bytes) -> None:
    response = get(Range=f"bytes={len(audio)}-")
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(audio)}"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=0-1,4-5", "lines=1-2"])
def test_another_range_is_all_of_it(get: Get, audio: bytes, asked: str) -> None:
    response = get(Range=asked)
    assert response.status_code == 200
    assert body_of(response) == audio


def test_a_part_of_another_version_is_of_no_use(get: Get) -> None:
    tag = get()["ETag"]
    statuses = [
        get(Range="bytes=0-9", If_Range=condition).status_code
        for condition in (tag, '"another"', f"W/{tag}", "Sun, 22 Nov 2026 12:00:00 GMT")
    ]
    assert statuses == [206, 200, 200, 200]


def test_what_the_reader_has_is_not_sent_again(get: Get) -> None:
    tag = get()["ETag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        response = get(If_None_Match=known, Range="bytes=0-9")
        assert response.status_code == 304
        assert not response.content
        assert response["ETag"] == tag
    assert get(If_None_Match='"another"').status_code == 200


def test_head_tells_without_the_body(
    bob_client: Client, url: str, audio: bytes
) -> None:
    response = bob_client.head(url, headers={"Range": "bytes=0-9"})
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(audio))
    assert not response.content
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("agent", [CHROME, FIREFOX, ""])
def test_a_player_that_asks_again_gets_a_piece_at_a_time(
    get: Get, audio: bytes, monkeypatch: pytest.MonkeyPatch, agent: str
) -> None:
    monkeypatch.setattr(serving, "PIECE_BYTES", 1000)
    response = get(Range="bytes=50-", User_Agent=agent)
    assert response.status_code == 206
    assert not response.streaming
    assert body_of(response) == audio[50:1050]
    assert response["Content-Range"] == f"bytes 50-1049/{len(audio)}"


@pytest.mark.parametrize("agent", PLAYERS)
@pytest.mark.parametrize("asked", ["50-99999999", "50-3000", "-2000"])
def test_whoever_names_an_end_gets_all_up_to_it(
    get: Get, audio: bytes, monkeypatch: pytest.MonkeyPatch, agent: str, asked: str
) -> None:
    monkeypatch.setattr(serving, "PIECE_BYTES", 1000)
    wanted = range_in(f"bytes={asked}", len(audio))
    assert wanted is not None
    assert wanted.length > serving.PIECE_BYTES
    part = audio[wanted.start : wanted.end]
    response = get(Range=f"bytes={asked}", User_Agent=agent)
    assert response.status_code == 206
    assert body_of(response) == part
    assert response["Content-Length"] == str(len(part))
    last = wanted.end - 1
    assert response["Content-Range"] == f"bytes {wanted.start}-{last}/{len(audio)}"


@pytest.mark.parametrize(
    "agent", [one for one in PLAYERS if one not in {CHROME, FIREFOX, ""}]
)
def test_other_players_get_all_that_is_left(
    get: Get, audio: bytes, monkeypatch: pytest.MonkeyPatch, agent: str
) -> None:
    monkeypatch.setattr(serving, "PIECE_BYTES", 1000)
    for query in ("", "?download"):
        response = get(query, Range="bytes=50-", User_Agent=agent)
        assert response.status_code == 206
        assert body_of(response) == audio[50:]


def test_the_media_stack_of_apple_gets_each_part_that_it_names(
    get: Get, audio: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two bytes to see whether ranges work, then all of it, then from where somebody
    went on listening, each by its first and its last byte."""
    monkeypatch.setattr(serving, "PIECE_BYTES", 1000)
    last = len(audio) - 1
    tag = ""
    for start, end in ((0, 1), (0, last), (1500, last)):
        condition = {"If_Range": tag} if tag else {}
        response = get(
            Range=f"bytes={start}-{end}",
            User_Agent=APPLE,
            X_Playback_Session_Id="0F0B2D7A-11A0-4D2B-9C41-7B0D6E1F3A55",
            Accept_Encoding="identity",
            **condition,
        )
        assert response.status_code == 206
        assert body_of(response) == audio[start : end + 1]
        assert response["Content-Range"] == f"bytes {start}-{end}/{len(audio)}"
        tag = response["ETag"]


def test_a_download_comes_in_chunks_and_only_some_at_a_time(
    get: Get, audio: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "PIECE_BYTES", 100)
    monkeypatch.setattr(serving, "CHUNK_BYTES", 700)
    running = [get("?download") for _ in range(MOST[Kind.DOWNLOAD][1])]
    refused = get("?download")
    assert refused.status_code == 503
    assert refused["Retry-After"] == "5"
    # A player is not in their way.
    assert get(Range="bytes=0-").status_code == 206
    chunks = list(running[0].streaming_content)
    assert max(map(len, chunks)) == 700
    assert b"".join(chunks) == audio
    for one in running[1:]:
        leave(one)
    for again in (get("?download"), get("?download")):
        assert again.status_code == 200
        leave(again)
    assert not budget().under_way()


def test_a_listening_is_in_the_audit_log_once(
    get: Get, bob: User, conversation: Conversation
) -> None:
    for _ in range(3):
        get(Range="bytes=0-9")
    entry = AuditEntry.objects.get()
    assert entry.action == AuditAction.RECORDING_OPENED
    assert (entry.by, entry.subject) == (bob, "call/1")
    assert entry.detail == {"id": str(conversation.id)}


@pytest.mark.parametrize(
    "headers", [{"If_None_Match": "*"}, {"Range": "bytes=99999999-"}]
)
def test_what_gives_no_sound_is_no_listening(get: Get, headers: dict[str, str]) -> None:
    get(**headers)
    assert not AuditEntry.objects.exists()


def test_what_a_browser_might_run_is_no_type_of_ours(get: Get) -> None:
    Recording.objects.update(content_type="text/html")
    assert get()["Content-Type"] == "application/octet-stream"


def test_a_file_that_is_gone_is_a_404(get: Get) -> None:
    recordings_storage().delete(Recording.objects.get().file)
    assert get().status_code == 404
    assert get(Range="bytes=0-9").status_code == 404
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("state", ["waiting", "running", "failed"])
def test_without_audio_it_is_a_404(
    bob_client: Client, make_conversation: MakeConversation, state: str
) -> None:
    conversation = make_conversation()
    url = f"/org/acme/conversations/{conversation.id}/recording"
    assert bob_client.get(url).status_code == 404
    Recording.objects.create(conversation=conversation, state=state)
    assert bob_client.get(url).status_code == 404


def test_it_refuses_an_outsider(charlie_client: Client, url: str) -> None:
    assert charlie_client.get(url).status_code == 404
    assert charlie_client.get(url.replace("acme", "globex")).status_code == 404


def test_signed_out_it_leads_to_the_login(client: Client, url: str) -> None:
    response = client.get(url)
    assert response.status_code == 302
    assert response["Location"].startswith("/login")


def test_it_is_not_for_posts(bob_client: Client, url: str) -> None:
    assert bob_client.post(url).status_code == 405
