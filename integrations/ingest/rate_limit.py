"""The rate limit of the webhook: how much of this minute an organization has used, and
the headers that say so (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from integrations.ingest import minute_counter
from web.db_cursor import on_live_connection

WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Rate:
    """limit: posts a minute.
    posted: in this minute, with the one that is answered.
    resets_in: seconds until the next minute begins.
    """

    limit: int
    posted: int
    resets_in: int

    @property
    def is_over(self) -> bool:
        return self.posted > self.limit

    @property
    def headers(self) -> dict[str, str]:
        left = max(self.limit - self.posted, 0)
        return {
            "RateLimit-Policy": f'"posts";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"posts";r={left};t={self.resets_in}',
        }


def count_post(organization_id: UUID | None) -> Rate | None:
    """Counts a post; None where the operator has set no limit."""
    limit = settings.RATE_PER_MINUTE
    if not limit:
        return None
    scope = f"posted {organization_id}"
    # Rather one too few than a session refused because it was counted twice.
    posted = on_live_connection(
        lambda: minute_counter.add(scope), again=lambda: minute_counter.count_of(scope)
    )
    return Rate(limit, posted, WINDOW_SECONDS - timezone.now().second)
