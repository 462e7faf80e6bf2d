"""The rate limit of the webhook: how much of this minute an organization has used, and
the headers that say so (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from integrations.ingest import minute_counter
from web.db_cursor import on_live_connection

WINDOW_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Rate:
    """How much of its limit an organization has used in this minute.

    limit: posts a minute.
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
        """Return the two headers of the draft, for every answer that counts a post."""
        left = max(self.limit - self.posted, 0)
        return {
            "RateLimit-Policy": f'"posts";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"posts";r={left};t={self.resets_in}',
        }


def count_post(organization_id: UUID | None) -> Rate | None:
    """Count a post, and return the rate with it; None where no limit is set."""
    limit = settings.RATE_PER_MINUTE
    if not limit:
        return None
    scope = f"posted {organization_id}"
    # Where the connection breaks, count one too few: counted twice, a post that is
    # within the limit might be refused.
    posted = on_live_connection(
        lambda: minute_counter.add(scope), again=lambda: minute_counter.count_of(scope)
    )
    return Rate(limit, posted.total, posted.ends_in)
