"""What the list of expected sessions is narrowed to: read from the address, never fatal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from accounts.models import Organization
from conversations.days import midnight
from conversations.models import Agent
from integrations.expected_sessions.forms import EVERY, LATE, ExpectedSessionListForm
from integrations.models import ExpectedSession
from integrations.models.expected_session import ExpectedSessionQuerySet

State = ExpectedSession.State


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for.

    state: one of the states, `late` or `all`; empty: those that were lost, or nearly.
    reference: the whole id of a job or a room.
    first_day, last_day: both inclusive, in the organization's time zone.
    since, until: likewise, from the first and before the second; of a program.
    faults: sentences on what could not be read and is left out.
    """

    reference: str = ""
    state: str = ""
    agent: UUID | None = None
    first_day: date | None = None
    last_day: date | None = None
    since: datetime | None = None
    until: datetime | None = None
    faults: tuple[str, ...] = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return self != Filters()

    def query(self) -> str:
        """Return these filters as the query of an address, without the question mark."""
        return urlencode([*ExpectedSessionListForm.written(self)])

    def without(self, name: str) -> Filters:
        return replace(self, **{name: getattr(Filters(), name)})

    def streams(self, organization: Organization) -> list[ExpectedSessionQuerySet]:
        """Return the rows that fit as querysets without a row in common: an index leads
        to each in the order of the list, however few of all rows it has.
        """
        everything = self._between(organization)
        return [
            narrowed
            for part in self._of_agents(everything, organization)
            for narrowed in self._in_states(part)
        ]

    def _between(self, organization: Organization) -> ExpectedSessionQuerySet:
        # One that was just told of has no state for a moment.
        everything = ExpectedSession.objects.in_organization(organization)
        rows = everything.exclude(state="")
        start, end = self.since, self.until
        if self.first_day:
            start = midnight(self.first_day, organization.zone)
        if self.last_day:
            end = midnight(self.last_day + timedelta(days=1), organization.zone)
        if start:
            rows = rows.filter(expected_at__gte=start)
        if end:
            rows = rows.filter(expected_at__lt=end)
        return rows

    def _of_agents(
        self, rows: ExpectedSessionQuerySet, organization: Organization
    ) -> Sequence[ExpectedSessionQuerySet]:
        if self.agent is None:
            return [rows]
        # What was told of an agent stays its own when it is merged.
        merged = Agent.objects.in_organization(organization).filter(
            merged_into=self.agent
        )
        ids = [self.agent, *merged.values_list("id", flat=True)]
        return [rows.filter(agent=one) for one in ids]

    def _in_states(
        self, rows: ExpectedSessionQuerySet
    ) -> Iterator[ExpectedSessionQuerySet]:
        for part in self._named(rows):
            if self.state == LATE:
                yield part.late()
            elif self.state == EVERY or (self.reference and not self.state):
                yield part
            elif self.state:
                yield part.filter(state=self.state)
            else:
                yield part.filter(state=State.MISSING)
                yield part.filter(state=State.REFUSED)
                yield part.late()

    def _named(
        self, rows: ExpectedSessionQuerySet
    ) -> Sequence[ExpectedSessionQuerySet]:
        if not self.reference:
            return [rows]
        by_job = rows.filter(job_id=self.reference)
        by_room = rows.filter(room_sid=self.reference).exclude(job_id=self.reference)
        return [by_job, by_room]


def read_filters(parameters: Mapping[str, str]) -> Filters:
    """Return what an address asks for; what cannot be read is left out, with a fault."""
    values, faults = ExpectedSessionListForm.read(parameters)
    return Filters(**values, faults=tuple(faults))
