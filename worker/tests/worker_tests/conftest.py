from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from worker_tests.stand_in import KEY, Zelto, running
from zelto_livekit.outbox import Outbox
from zelto_livekit.sender import Sender
from zelto_livekit.settings import Settings, read_settings

VARIABLES = (
    *(
        "ZELTO_URL",
        "ZELTO_API_KEY",
        "ZELTO_OUTBOX",
        "ZELTO_WORKER_HOST",
        "ZELTO_AGENT_ID",
    ),
    *("ZELTO_OUTBOX_MAX_MB", "ZELTO_OUTBOX_MAX_DAYS", "HTTPS_PROXY", "https_proxy"),
)


@pytest.fixture(autouse=True)
def _of_no_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def zelto() -> Iterator[Zelto]:
    with running() as zelto:
        yield zelto


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


@pytest.fixture
def settings(zelto: Zelto, outbox: Outbox) -> Settings:
    return read_settings({"url": zelto.url, "key": KEY, "outbox": outbox.folder}, {})


@pytest.fixture
def sender(settings: Settings, outbox: Outbox) -> Sender:
    return Sender(settings, outbox)
