"""What of the log needs a look: posts that were refused, or that no conversation could
be made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from integrations.advice import Advice, advice_for
from integrations.models import Delivery
from integrations.models.delivery import DeliveryQuerySet

MOST_READ = 50


@dataclass(frozen=True, slots=True)
class Refusals:
    """newest: without its body. count: of posts, among the newest `MOST_READ` rows."""

    newest: Delivery
    count: int
    there_are_more: bool

    @property
    def advice(self) -> Advice:
        return advice_of(self.newest)


def advice_of(delivery: Delivery) -> Advice:
    return advice_for(
        status=delivery.status, failed=delivery.outcome == Delivery.Outcome.FAILED
    )


def refusals_since(
    deliveries: DeliveryQuerySet, since: datetime | None
) -> Refusals | None:
    """Those of these deliveries that came later than `since`; in one query."""
    refused = deliveries.refused()
    if since is not None:
        refused = refused.filter(received_at__gt=since)
    # By arrival, which no index has: by sequence, Postgres walks the whole log backwards
    # rather than read the few refused rows and sort them.
    by_arrival = refused.order_by("-received_at", "-sequence")
    rows = list(by_arrival.without_bodies()[: MOST_READ + 1])
    if not rows:
        return None
    return Refusals(
        newest=rows[0],
        count=sum(row.count for row in rows[:MOST_READ]),
        there_are_more=len(rows) > MOST_READ,
    )
