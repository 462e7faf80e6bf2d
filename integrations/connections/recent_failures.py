"""The failures that a page shows: posts that were refused, or that no conversation
could be made of, since the last one that was taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from conversations.models import Provider
from integrations.connections.status_advice import Advice, advice_for, upload_advice
from integrations.delivery_log.positions import sequence_before
from integrations.models import Delivery
from integrations.models.delivery import DeliveryQuerySet

MAX_READ = 50
LIVEKIT_UPLOADS = (Delivery.Source.LIVEKIT_SESSION, Delivery.Source.LIVEKIT_LOGS)


@dataclass(frozen=True, slots=True)
class RecentFailures:
    """The failures since a moment: the newest, and how many.

    newest: without its body. count: of posts, among the newest `MAX_READ` rows.
    """

    newest: Delivery
    count: int
    there_are_more: bool

    @property
    def advice(self) -> Advice:
        return advice_of(self.newest)


def advice_of(delivery: Delivery) -> Advice:
    """Return what to do about a delivery that was refused or failed."""
    if delivery.provider == Provider.UPLOAD:
        return advice_for(status=0, failed=delivery.outcome == Delivery.Outcome.FAILED)
    is_upload = delivery.source in LIVEKIT_UPLOADS
    if is_upload and delivery.outcome == Delivery.Outcome.REJECTED:
        return upload_advice(delivery.status)
    return advice_for(
        status=delivery.status, failed=delivery.outcome == Delivery.Outcome.FAILED
    )


def refusals_since(
    deliveries: DeliveryQuerySet, organization_id: UUID, since: datetime | None
) -> RecentFailures | None:
    """Return the failures among deliveries that came later than `since`; None for none.

    deliveries: all of one organization. since: aware; None for all of the log.
    """
    refused = deliveries.refused()
    if since is not None:
        start = sequence_before(organization_id, since)
        refused = refused.filter(sequence__gt=start).later_than(since)
    rows = list(refused.newest_first().without_bodies()[: MAX_READ + 1])
    if not rows:
        return None
    return RecentFailures(
        newest=max(rows, key=lambda row: (row.newest_at, row.sequence)),
        count=sum(row.count for row in rows[:MAX_READ]),
        there_are_more=len(rows) > MAX_READ,
    )
