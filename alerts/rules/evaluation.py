"""Which rule counts for an issue, whether it is opened, and until when messages wait.

Pure: no queries, no clock of its own. Hours and days are those of the organization's zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import Enum
from uuid import UUID

from alerts.models import IssueKind, Rule

# What `silent_until` is about.
OF_SILENCE = frozenset(
    {IssueKind.AGENT_SILENT, IssueKind.ALL_SILENT, IssueKind.KEY_UNUSED}
)
# Beyond this a message does not wait, even where every day is off.
MAX_HELD = timedelta(days=8)
DAY = timedelta(days=1)


class NotTold(Enum):
    """Why a cause opens no issue."""

    OFF = "off"
    SILENT_UNTIL = "silent_until"
    DELAY = "delay"


class Rules:
    """The rules of any number of organizations, by what they are about."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_organization: dict[UUID, dict[tuple[UUID | None, str], Rule]] = (
            defaultdict(dict)
        )
        for one in rules:
            self._by_organization[one.organization_id][one.agent_id, one.kind] = one

    def rule_for(
        self, organization_id: UUID, kind: str, agent_id: UUID | None
    ) -> Rule | None:
        """Return the most special rule: of agent and kind, of the agent, of the kind, of
        the organization; None where there is none.
        """
        own = self._by_organization.get(organization_id)
        if not own:
            return None
        places: list[tuple[UUID | None, str]] = [(None, str(kind)), (None, "")]
        if agent_id is not None:
            places = [(agent_id, str(kind)), (agent_id, ""), *places]
        return next((own[one] for one in places if one in own), None)


def why_not_told(
    rule: Rule | None, kind: str, since: datetime, now: datetime
) -> NotTold | None:
    """Return why a cause opens no issue; None where it opens one.

    since: when the cause began.
    """
    if rule is None:
        return None
    if rule.is_off:
        return NotTold.OFF
    if kind in OF_SILENCE and rule.silent_until and now < rule.silent_until:
        return NotTold.SILENT_UNTIL
    if now < since + timedelta(minutes=rule.delay_minutes):
        return NotTold.DELAY
    return None


def held_until(rule: Rule | None, now: datetime, zone: tzinfo) -> datetime | None:
    """Return when quiet hours and days off are over, in UTC; None where it is neither.

    At most `MAX_HELD` ahead.
    """
    if rule is None:
        return None
    moment, last = now, now + MAX_HELD
    while moment < last and (end := _end_of_quiet(rule, moment, zone)):
        moment = end
    return None if moment == now else min(moment, last).astimezone(UTC)


def _end_of_quiet(rule: Rule, moment: datetime, zone: tzinfo) -> datetime | None:
    """Return the end of the quiet time that this moment is in; None where in none."""
    local = moment.astimezone(zone)
    if local.weekday() in rule.days_off:
        return _later(local.date() + DAY, time.min, moment, zone)
    start, end = rule.quiet_from, rule.quiet_to
    if start is None or end is None or start == end:
        return None
    clock = local.time()
    if start < end:
        is_quiet, day = start <= clock < end, local.date()
    else:
        is_quiet = clock >= start or clock < end
        day = local.date() if clock < end else local.date() + DAY
    return _later(day, end, moment, zone) if is_quiet else None


def _later(day: date, clock: time, moment: datetime, zone: tzinfo) -> datetime:
    """Return this time of this day; where clocks are set back and it comes twice, the
    one that is still ahead.
    """
    for fold in (0, 1):
        found = datetime.combine(day, clock, zone).replace(fold=fold).astimezone(UTC)
        if found > moment:
            return found
    return moment + timedelta(minutes=1)
