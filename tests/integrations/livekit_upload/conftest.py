"""A key for uploads, and a database that is emptied by itself."""

from __future__ import annotations

import pytest

from accounts.models import ApiKey, Organization
from integrations.livekit_upload import counted_posts
from tests.conftest import MakeKey


@pytest.fixture
def token(organization: Organization, make_key: MakeKey) -> str:
    return make_key(organization, scope=ApiKey.Scope.INGEST)[1]


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Forget what tests before this one counted of logs."""
    for counted in (
        counted_posts._pending,
        counted_posts._written_at,
        counted_posts._read,
    ):
        counted.clear()


@pytest.fixture(autouse=True)
def upload_wakeups(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list with one item for each wake-up; there is no broker in these tests."""
    sent: list[None] = []
    monkeypatch.setattr(
        "integrations.livekit_upload.views.wake_worker", lambda: sent.append(None)
    )
    return sent
