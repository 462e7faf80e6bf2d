"""The life of issues: opened, reopened, updated, woken, resolved; one for each cause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from alerts.issues.endings import PLAIN, Ending, Endings, plain
from alerts.issues.finding import Finding
from alerts.messages import routing
from alerts.models import Issue, IssueChange, IssueKind, Rule
from alerts.rules.evaluation import NotTold, Rules, why_not_told
from conversations.bulk_write import insert_or_update

# A cause that comes back within this time opens the same issue again.
SAME_ISSUE = timedelta(hours=24)
# That it was still found is written this often, where nothing else has changed.
SEEN_EVERY = timedelta(minutes=5)
Step = IssueChange.Kind

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('alerts.issues', 0))"
_WRITTEN = (
    *("since", "seen_at", "resolved_at", "count", "facts", "acknowledged_at"),
    *("acknowledged_by", "snoozed_until", "times_reopened", "agent", "key"),
)


class Key(NamedTuple):
    """What there is one open issue of."""

    organization_id: UUID
    kind: str
    cause: str


@dataclass(slots=True)
class _Round:
    """What one reconciliation writes."""

    now: datetime
    rows: dict[UUID, Issue] = field(default_factory=dict)
    changes: list[IssueChange] = field(default_factory=list)

    def write(self, issue: Issue, step: Step | None = None) -> None:
        self.rows[issue.pk] = issue
        if step is not None:
            self.changes.append(change_of(issue, step, self.now))


def change_of(issue: Issue, step: Step, now: datetime, **by: Any) -> IssueChange:
    """Return an unsaved step of an issue's life, with what it is at that moment."""
    return IssueChange(
        issue=issue,
        organization_id=issue.organization_id,
        kind=step,
        since=issue.since,
        count=issue.count,
        facts=issue.facts,
        created_at=now,
        **by,
    )


@transaction.atomic
def reconcile(
    kinds: Collection[IssueKind],
    findings: Iterable[Finding],
    now: datetime,
    *,
    besides: Collection[UUID] = frozenset(),
    endings: Endings = plain,
) -> list[IssueChange]:
    """Make the issues of these kinds what was found, and return each change of one, with
    the messages that follow in the same transaction.

    What is found and not open is opened, or opened again within `SAME_ISSUE`; what is
    open and no longer found is resolved. Two at once come one after the other.

    findings: all that is wrong of these kinds; of one cause the first counts. An empty
        `facts` leaves those of an open issue as they are.
    besides: organizations that nobody looked at: their issues stay as they are.
    endings: says of issues that are over why, and what they cost.
    """
    found = {key_of(one): one for one in reversed(list(findings))}
    if not found and not Issue.objects.open().filter(kind__in=kinds).exists():
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
    found = {
        key: one for key, one in found.items() if key.organization_id not in besides
    }
    is_open = _open_issues(kinds, besides)
    rules = _rules_of(found)
    why = {key: _why_not(rules, one, now) for key, one in found.items()}
    this = _Round(now)
    over = _update_open(this, is_open, found, why)
    _open(this, [found[key] for key in found if key not in is_open and not why[key]])
    _resolve(this, [one for one in is_open.values() if one.pk in over], over, endings)
    _write(this)
    return this.changes


def key_of(one: Finding | Issue) -> Key:
    """Return what tells it from others."""
    return Key(one.organization_id, str(one.kind), one.cause)


def _open_issues(
    kinds: Collection[IssueKind], besides: Collection[UUID]
) -> dict[Key, Issue]:
    """Return the open issues, locked in one order, so that two never wait in a circle."""
    issues = Issue.objects.open().filter(kind__in=kinds)
    issues = issues.exclude(organization__in=besides) if besides else issues
    return {
        key_of(one): one for one in issues.select_for_update(no_key=True).order_by("pk")
    }


def _rules_of(found: Mapping[Key, Finding]) -> Rules:
    organizations = {key.organization_id for key in found}
    if not organizations:
        return Rules(())
    return Rules(Rule.objects.filter(organization__in=organizations))


def _why_not(rules: Rules, one: Finding, now: datetime) -> NotTold | None:
    rule = rules.rule_for(one.organization_id, one.kind, one.agent_id)
    return why_not_told(rule, one.kind, one.since, now)


def _update_open(
    this: _Round,
    is_open: Mapping[Key, Issue],
    found: Mapping[Key, Finding],
    why: Mapping[Key, NotTold | None],
) -> dict[UUID, Ending]:
    """Update the open issues that are still found; return how the others end."""
    over = {
        issue.pk: ending
        for key, issue in is_open.items()
        if (ending := _ending(key in found, why.get(key)))
    }
    for key, issue in is_open.items():
        if issue.pk not in over:
            _update(this, issue, found[key])
    return over


def _ending(is_found: bool, why: NotTold | None) -> Ending | None:
    """Return how an open issue ends; None where it stays open. A delay ends none."""
    if not is_found:
        return PLAIN
    if why is None or why is NotTold.DELAY:
        return None
    return Ending(because=why.value)


def _update(this: _Round, issue: Issue, one: Finding) -> None:
    facts = one.facts or issue.facts
    is_woken = issue.snoozed_until is not None and issue.snoozed_until <= this.now
    is_old = this.now - issue.seen_at >= SEEN_EVERY
    is_same = (issue.count, issue.facts) == (one.count, facts)
    if is_same and not is_old and not is_woken:
        return
    issue.seen_at, issue.count, issue.facts = this.now, one.count, facts
    if is_woken:
        issue.snoozed_until = None
    this.write(issue, Step.WOKEN if is_woken else None)


def _open(this: _Round, new: Sequence[Finding]) -> None:
    again = _resolved_lately({key_of(one) for one in new}, this.now)
    for one in new:
        issue = again.get(key_of(one))
        step = Step.REOPENED if issue else Step.OPENED
        if issue is None:
            issue = Issue(
                organization_id=one.organization_id,
                kind=one.kind,
                cause=one.cause,
                opened_at=this.now,
            )
        else:
            issue.times_reopened += 1
        issue.resolved_at = issue.acknowledged_at = issue.acknowledged_by = None
        issue.snoozed_until = None
        issue.agent_id, issue.key_id = one.agent_id, one.key_id
        issue.since, issue.seen_at = one.since, this.now
        issue.count, issue.facts = one.count, one.facts or _without_end(issue.facts)
        this.write(issue, step)


def _without_end(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if name != "over"}


def _resolved_lately(keys: Collection[Key], now: datetime) -> dict[Key, Issue]:
    """Return of each cause the issue that was resolved last, where that is not long ago."""
    if not keys:
        return {}
    issues = Issue.objects.filter(
        organization__in={key.organization_id for key in keys},
        kind__in={key.kind for key in keys},
        cause__in={key.cause for key in keys},
        resolved_at__gt=now - SAME_ISSUE,
    )
    locked = issues.select_for_update(no_key=True).order_by("pk")
    by_key = sorted(locked, key=lambda one: one.resolved_at or now)
    return {key: one for one in by_key if (key := key_of(one)) in keys}


def _resolve(
    this: _Round,
    issues: Sequence[Issue],
    over: dict[UUID, Ending],
    endings: Endings,
) -> None:
    ended = [one for one in issues if over[one.pk] is PLAIN]
    over |= endings(ended, this.now) if ended else {}
    for issue in issues:
        issue.resolved_at = this.now
        issue.snoozed_until = None
        issue.facts = issue.facts | {"over": over[issue.pk].facts(this.now)}
        this.write(issue, Step.RESOLVED)


def _write(this: _Round) -> None:
    insert_or_update(list(this.rows.values()), fields=_WRITTEN)
    # None of them is there yet.
    insert_or_update(this.changes, fields=("kind",))
    if this.changes:
        routing.route(this.changes)
