"""What a worker with our package says of itself in the headers of each request.

Nothing of it is checked: whoever has the key may say anything, so each value is bounded
and of printable characters.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from django.http import HttpRequest

from web.storable_text import replace_unprintable

HOST = "Zelto-Worker-Host"
WAITING = "Zelto-Outbox-Waiting"
REFUSED = "Zelto-Outbox-Refused"
MAX_HOST_CHARACTERS = 255
# More sessions than an outbox ever holds.
MAX_COUNT = 999_999
# As the package writes it: its own version, then what it runs in.
USER_AGENT = re.compile(
    r"zelto-livekit/(?P<package>\S{1,64})"
    r"(?: \(livekit-agents (?P<sdk>[^;\s]{1,64}); Python (?P<python>[^)\s]{1,64})\))?.*"
)


class WorkerNote(NamedTuple):
    """What one request says of its worker.

    host: empty where it does not say. waiting, refused: sessions in its outbox.
    """

    host: str
    waiting: int
    refused: int


def note_in(request: HttpRequest) -> WorkerNote | None:
    """Return what the headers say; None where no package of ours sent it."""
    headers = request.headers
    if not USER_AGENT.match(headers.get("User-Agent", "")):
        return None
    host = headers.get(HOST, "").strip()[:MAX_HOST_CHARACTERS]
    return WorkerNote(
        host=replace_unprintable(host),
        waiting=_count(headers.get(WAITING)),
        refused=_count(headers.get(REFUSED)),
    )


def _count(text: str | None) -> int:
    """Return a number of sessions; 0 for what is none."""
    if text is None or not re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII):
        return 0
    return min(int(text), MAX_COUNT)
