"""Agents, conversations, recordings and a foreign server for the tests of
conversations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.test import Client, override_settings
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from conversations.models import (
    Agent,
    Conversation,
    Recording,
    SearchJob,
    Transcript,
)
from conversations.recordings.probe import Audio, read_audio
from conversations.recordings.store_audio import store_audio
from conversations.search.index_worker import index_batch
from tests.conversations.browser import browser_beside_django, signed_in_page
from tests.conversations.exports.downloads import URL, Export
from tests.conversations.recordings.far_server import FarServer
from tests.conversations.recordings.fetches import SECRET
from tests.conversations.recordings.sounds import Spans, write_sound

MakeAgent = Callable[..., Agent]
MakeConversation = Callable[..., Conversation]
MakeFindable = Callable[[], None]
MakeRecording = Callable[..., Recording]
Want = Callable[[str], Recording]
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def make_agent(organization: Organization) -> MakeAgent:
    """Return `make_agent(name="Front desk", ...)`."""
    numbers = count(1)

    def make(**fields: Any) -> Agent:
        fields.setdefault("organization", organization)
        fields.setdefault("provider", "livekit")
        fields.setdefault("external_id", f"agent-{next(numbers)}")
        return Agent.objects.create(**fields)

    return make


@pytest.fixture
def make_conversation(make_agent: MakeAgent) -> MakeConversation:
    """Return `make_conversation(turns=[...], ...)`; each is a minute newer than the
    last.
    """
    numbers = count(1)
    agents: list[Agent] = []

    def make(
        turns: list[dict[str, Any]] | None = None,
        system_prompt: str = "",
        **fields: Any,
    ) -> Conversation:
        number = next(numbers)
        if "agent" not in fields:
            if not agents:
                agents.append(make_agent(name="Front desk"))
            fields["agent"] = agents[0]
        fields.setdefault("organization", fields["agent"].organization)
        fields.setdefault("provider", "livekit")
        fields.setdefault("external_id", f"RM_{number:04}")
        fields.setdefault("created_at", NOON + timedelta(minutes=number))
        fields.setdefault("updated_at", fields["created_at"])
        if turns is not None:
            fields.setdefault("turn_count", len(turns))
            fields.setdefault("has_transcript", bool(turns))
        conversation = Conversation.objects.create(**fields)
        if turns is not None or system_prompt:
            Transcript.objects.create(
                conversation=conversation, turns=turns, system_prompt=system_prompt
            )
        return conversation

    return make


@pytest.fixture
def make_recording(tmp_path: Path) -> MakeRecording:
    """Return `make_recording(conversation, 12.0, heard=[...], ...)`, which stores such
    a sound as its recording; two lists of spans make it stereo.
    """

    def make(
        conversation: Conversation,
        seconds: float = 2.0,
        *,
        heard: list[Spans] | None = None,
        ending: str = "ogg",
        **fields: Any,
    ) -> Recording:
        channels = len(heard) if heard else 1
        path = write_sound(
            tmp_path / f"{conversation.id}.{ending}",
            seconds,
            channels=channels,
            heard=heard,
        )
        audio = audio_of(path.read_bytes(), path.suffix)
        assert store_audio(
            conversation=conversation, path=path, audio=audio, claim=None
        )
        Recording.objects.filter(conversation=conversation).update(**fields)
        return Recording.objects.get(conversation=conversation)

    return make


@lru_cache(maxsize=8)
def audio_of(content: bytes, suffix: str) -> Audio:
    """Return what a file holds; a process reads it, once for all tests with this sound."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "sound").with_suffix(suffix)
        path.write_bytes(content)
        return read_audio(path)


@pytest.fixture
def sounds_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a process read each sound once for all tests that fetch it, and what is no
    audio each time.
    """

    def read(path: Path, *, tick: Callable[[], object]) -> Audio:
        tick()
        return audio_of(path.read_bytes(), path.suffix)

    monkeypatch.setattr("conversations.recordings.fetch_worker.read_audio", read)


@pytest.fixture
def make_findable(db: None) -> MakeFindable:
    """Return a function that makes all conversations findable, as the worker does after
    it stored them.
    """

    def index() -> None:
        SearchJob.objects.bulk_create(
            SearchJob(conversation_id=row.id, organization_id=row.organization_id)
            for row in Conversation.objects.order_by("created_at")
        )
        while index_batch():
            pass

    return index


@pytest.fixture
def own_data_folder(tmp_path: Path) -> Iterator[None]:
    """Keep what is on its way apart from that of other processes of tests."""
    with override_settings(DATA_DIR=tmp_path / "data"):
        yield


@pytest.fixture
def far_server(own_data_folder: None) -> Iterator[FarServer]:
    """Run a foreign server, from which recordings may be fetched."""
    allowed = override_settings(RECORDING_ALLOW=["127.0.0.1"])
    with allowed, FarServer() as server:
        yield server


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    """Return the bytes of a file with two seconds of audio."""
    return write_sound(tmp_path / "sound.ogg", channels=2).read_bytes()


@pytest.fixture
def want(own_data_folder: None, make_conversation: MakeConversation) -> Want:
    """Return `want(url)`, which makes a recording that is to be fetched, by an address
    with a secret.
    """

    def make(url: str) -> Recording:
        url = f"{url}?{SECRET}"
        conversation = make_conversation(recording_url=url)
        return Recording.objects.create(conversation=conversation, source_url=url)

    return make


@pytest.fixture
def export(bob_client: Client) -> Export:
    """Return `export(format="csv", ...)`, which gives the whole file."""

    def get(**parameters: Any) -> bytes:
        response: Any = bob_client.get(URL, parameters)
        assert response.status_code == 200
        return b"".join(response.streaming_content)

    return get


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_beside_django() as browser:
        yield browser


@pytest.fixture
def page(
    browser: Browser, live_server: LiveServer, bob_client: Client
) -> Iterator[Page]:
    with signed_in_page(browser, live_server.url, bob_client) as page:
        yield page
