"""The engine's own process fetches its model from whom Zelto trusts, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from conversations.transcription.engine_client import CannotTranscribe, transcribe
from tests.conversations.recordings.far_server import FarServer
from tests.conversations.recordings.sounds import write_sound
from tests.private_authority import PrivateAuthority


@pytest.fixture
def authority(tmp_path: Path) -> PrivateAuthority:
    return PrivateAuthority(tmp_path)


@pytest.fixture
def mirror(
    authority: PrivateAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FarServer]:
    """A mirror of Hugging Face in a company's own network, which has no models."""
    with (
        FarServer(tls=authority.server()) as server,
        override_settings(
            STT_MODEL="tiny", STT_ENGINE="faster-whisper", DATA_DIR=tmp_path / "data"
        ),
    ):
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def listen(tmp_path: Path) -> None:
    with pytest.raises(CannotTranscribe, match="tiny could not be loaded"):
        transcribe(write_sound(tmp_path / "a.wav", 1.0), 1, lambda done: True)


def test_it_asks_a_mirror_whose_authority_the_setting_names(
    mirror: FarServer, authority: PrivateAuthority, tmp_path: Path
) -> None:
    with override_settings(CA_BUNDLE=authority.file):
        listen(tmp_path)
    assert any("faster-whisper-tiny" in head for head in mirror.heads)


def test_it_tells_another_nothing(mirror: FarServer, tmp_path: Path) -> None:
    listen(tmp_path)
    assert not mirror.heads
    assert mirror.connections
