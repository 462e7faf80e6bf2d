"""FFmpeg's own client asks for a recording as its players do (VLC, mpv and others)."""

from __future__ import annotations

import av
import pytest
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from conversations.models import Conversation
from tests.conversations.conftest import MakeConversation, MakeRecording

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 20.0


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    return make_conversation(external_id="call-1")


def test_it_hears_all_of_it_and_from_where_it_leaps_to(
    live_server: LiveServer,
    bob_client: Client,
    conversation: Conversation,
    make_recording: MakeRecording,
) -> None:
    heard = [[(0.0, SECONDS)], [(0.0, SECONDS)]]
    recording = make_recording(conversation, SECONDS, heard=heard, ending="wav")
    assert (recording.size or 0) > 3 * 1024 * 1024
    name = settings.SESSION_COOKIE_NAME
    cookie = f"Cookie: {name}={bob_client.cookies[name].value}\r\n"
    url = f"{live_server.url}/org/acme/conversations/{conversation.id}/recording"
    with av.open(url, options={"headers": cookie, "seekable": "1"}) as container:
        read = sum(packet.size for packet in container.demux(audio=0))
        assert read == pytest.approx(recording.size, rel=0.001)
        stream = container.streams.audio[0]
        assert stream.time_base is not None
        container.seek(round((SECONDS - 1) / stream.time_base), stream=stream)
        last = [packet.size for packet in container.demux(audio=0)]
        assert sum(last) == pytest.approx((recording.size or 0) / SECONDS, rel=0.2)
