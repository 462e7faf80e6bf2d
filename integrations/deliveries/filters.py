"""What the delivery log is narrowed to: read from the address, never fatal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from accounts.models import Organization
from conversations.days import midnight
from conversations.models import Provider
from integrations.deliveries.forms import (
    NEEDS_A_LOOK,
    UNKNOWN_PROVIDER,
    DeliveryListForm,
)
from integrations.delivery_log.positions import sequence_after, sequence_before
from integrations.models import Delivery
from integrations.models.delivery import DeliveryQuerySet

Outcome = Delivery.Outcome


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for.

    reference: the whole id of a call.
    first_day, last_day: arrival, both inclusive, in the organization's time zone.
    since, until: likewise, from the first and before the second; of a program.
    faults: sentences on what could not be read and is left out.
    """

    outcome: str = ""
    status: int | None = None
    key: UUID | None = None
    provider: str = ""
    reference: str = ""
    first_day: date | None = None
    last_day: date | None = None
    since: datetime | None = None
    until: datetime | None = None
    faults: tuple[str, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return self != Filters()

    def query(self) -> str:
        """Return these filters as the query of an address, without the question mark."""
        return urlencode([*DeliveryListForm.written(self)])

    def without(self, name: str) -> Filters:
        return replace(self, **{name: getattr(Filters(), name)})

    def walked(self, organization: Organization) -> DeliveryQuerySet:
        """Return the part of the log that an index leads to."""
        log = Delivery.objects.in_organization(organization)
        if self.outcome == NEEDS_A_LOOK:
            log = log.refused()
        elif self.outcome:
            log = log.filter(outcome=self.outcome)
        if self.status not in (None, 200):
            log = log.filter(outcome=Outcome.REJECTED)
        if self.reference:
            providers = [*Provider.values, ""]
            log = log.filter(provider__in=providers, external_id=self.reference)
        start, end = self._bounds(organization)
        if start:
            log = log.filter(sequence__gt=sequence_before(organization.id, start))
        if end:
            log = log.filter(sequence__lt=sequence_after(organization.id, end))
        return log

    def narrow(
        self, walked: DeliveryQuerySet, organization: Organization
    ) -> DeliveryQuerySet:
        """Of what is walked through, what was asked for."""
        if self.status is not None:
            walked = walked.filter(status=self.status)
        if self.key:
            walked = walked.filter(key=self.key)
        if self.provider:
            provider = "" if self.provider == UNKNOWN_PROVIDER else self.provider
            walked = walked.filter(provider=provider)
        start, end = self._bounds(organization)
        if start:
            walked = walked.filter(received_at__gte=start)
        if end:
            walked = walked.filter(received_at__lt=end)
        return walked

    def _bounds(
        self, organization: Organization
    ) -> tuple[datetime | None, datetime | None]:
        start, end = self.since, self.until
        if self.first_day:
            start = midnight(self.first_day, organization.zone)
        if self.last_day:
            end = midnight(self.last_day + timedelta(days=1), organization.zone)
        return start, end

    @property
    def must_search(self) -> bool:
        """Whether much may have to be walked through for little."""
        walked_alone = {"", NEEDS_A_LOOK, Outcome.REJECTED, Outcome.ACCEPTED}
        return bool(
            self.key
            or self.provider
            or self.status is not None
            or self.outcome not in walked_alone
        )


def read_filters(parameters: Mapping[str, str]) -> Filters:
    """Return what an address asks for; what cannot be read is left out, with a fault."""
    values, faults = DeliveryListForm.read(parameters)
    return Filters(**values, faults=tuple(faults))
