"""What Zelto answered, and what follows from it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

MAX_RETRY_AFTER = 3_600.0  # seconds
# What says nothing about the session: the key, the address, or what stands between.
OF_KEY_OR_ADDRESS = frozenset({401, 402, 403, 404, 405, 407, 421, 451})
BUSY = frozenset({429, 502, 503, 504})
# Another try may do.
ONCE_MORE = frozenset({408, 423, 425, 431})


class Verdict(Enum):
    """What becomes of what was sent."""

    STORED = "stored"
    REFUSED = "refused"  # and would be again
    LATER = "later"  # this one did not go through
    NOT_NOW = "not now"  # and no other would


@dataclass(frozen=True)
class Answer:
    """An answer, or that there was none (status 0, with why in `text`).

    retry_after: seconds. location: where a redirect leads. decided: what becomes of what
    was sent, where the status does not say it.
    """

    status: int
    text: str = ""
    retry_after: float = 0.0
    location: str = ""
    decided: Verdict | None = None

    @property
    def verdict(self) -> Verdict:
        """Say what becomes of what was answered so."""
        if self.decided is not None:
            return self.decided
        if self.status in {200, 202} and self.fields.get("received") is True:
            return Verdict.STORED
        if self.status in {500, 501, *ONCE_MORE} or 505 <= self.status <= 599:
            return Verdict.LATER
        if 400 <= self.status < 500 and self.status not in OF_KEY_OR_ADDRESS | BUSY:
            return Verdict.REFUSED
        return Verdict.NOT_NOW

    @property
    def fields(self) -> dict[str, Any]:
        """Return the JSON object of the answer, empty where it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def sentence(self) -> str:
        """Say what came back, without a word of any session.

        Zelto's own `detail` names fields and limits; the pages of others may repeat what
        was sent, so that they are not quoted.
        """
        if self.status == 0:
            return self.text
        if 300 <= self.status < 400:
            return (
                f"{self.status}: the address redirects to "
                f"{without_query(self.location) or 'nowhere'}; set ZELTO_URL to where "
                "Zelto itself answers"
            )
        detail = self.fields.get("detail")
        if isinstance(detail, str):
            return f"{self.status}: {detail[:300]}"
        if self.status == 200:
            return "200: what answers there is not Zelto"
        return f"{self.status}"

    @property
    def faults(self) -> str:
        """Name the fields that Zelto refused or warns of."""
        found = self.fields.get("errors") or self.fields.get("warnings") or []
        named = [
            f"{one.get('path')}: {one.get('detail')}"
            for one in (found if isinstance(found, list) else [])
            if isinstance(one, dict)
        ]
        return "; ".join(named)[:600]


def no_answer(why: str) -> Answer:
    """Return what stands for an answer that never came."""
    return Answer(0, why)


def seconds_of(retry_after: str) -> float:
    """Return how long to wait, 0 where it says nothing that counts (a date)."""
    try:
        seconds = float(retry_after)
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), MAX_RETRY_AFTER) if math.isfinite(seconds) else 0.0


def without_query(address: str) -> str:
    """Return the address as far as it is safe to show."""
    return address.partition("?")[0][:200]
