"""The projects whose events come, with their secrets: remembered by a process for a few
seconds, so that an event costs no query for them.

A removed project takes nothing from the next event on, since the statement that stores
looks for it; a removed secret is good for `REMEMBERED_SECONDS` at most.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from integrations.models import LiveKitCredential, LiveKitProject
from web.db_cursor import on_live_connection

REMEMBERED_SECONDS = 5.0
# Whatever is refused is looked up again, but no more often: a new secret works at once.
LOOKED_UP_EVERY_SECONDS = 1.0
MAX_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class KnownProject:
    """A project as a process knows it.

    credentials: secrets by API key; None where one cannot be read. known_since: by the
    clock of `time.monotonic`.
    """

    id: UUID
    credentials: dict[str, str | None]
    known_since: float

    def __repr__(self) -> str:
        return f"KnownProject({self.id})"  # no secret gets into a traceback


_known: dict[str, KnownProject] = {}


def find(token: str, *, max_age: float = REMEMBERED_SECONDS) -> KnownProject | None:
    """Return the project of an address; None where there is none.

    max_age: seconds that what is remembered may be old.
    """
    known = _known.get(token)
    if known is not None and time.monotonic() - known.known_since <= max_age:
        return known
    found = on_live_connection(lambda: _look_up(token), again=lambda: _look_up(token))
    if found is None:
        _known.pop(token, None)
        return None
    if len(_known) >= MAX_REMEMBERED:
        _known.clear()
    _known[token] = found
    return found


def forget(token: str) -> None:
    """Forget a project in this process."""
    _known.pop(token, None)


def _look_up(token: str) -> KnownProject | None:
    now = time.monotonic()
    project_id = (
        LiveKitProject.objects.watched()
        .filter(token=token)
        .values_list("id", flat=True)
        .first()
    )
    if project_id is None:
        return None
    credentials = LiveKitCredential.objects.filter(project_id=project_id)
    return KnownProject(
        project_id, dict(credentials.values_list("api_key", "secret")), now
    )


def forget_all() -> None:
    """Forget all projects in this process."""
    _known.clear()
