"""What is over, and what it cost: of each kind of issue."""

from __future__ import annotations

from alerts.models import IssueKind
from alerts.texts.subject import Subject
from alerts.texts.titles import AGENT, KEY, agent_or_key
from alerts.texts.words import counted, lasting, named

# Why an issue is over, where its cause did not just end.
_GONE = {
    "retired": "was retired",
    "merged": "was merged into another agent",
    "deleted": "is no longer there",
    "revoked": "was revoked",
    "expired": "has expired",
}
_QUIETLY = {
    "off": "Alerts of this kind were turned off",
    "silent_until": "Silence is expected for now",
    "replaced": "Another alert tells of it",
    "usual": "By what is known now it is usual",
    "dormant": "After four weeks nobody waits for it any more",
    "forgotten": "Nothing more was seen of it for a day",
}
# Whose sessions somebody waited for.
_MISSES_CALLS = frozenset({IssueKind.AGENT_SILENT, IssueKind.ALL_SILENT})


def title_of_resolved(one: Subject) -> str:
    """Return what is over."""
    because = one.over.get("because", "")
    if because in _GONE:
        return f"{_whose(one)} {_GONE[because]}"
    if because in _QUIETLY:
        return f"{_QUIETLY[because]}: {_short(one)}"
    return _recovered(one)


def lines_of_resolved(one: Subject) -> list[str]:
    """Return how long it lasted, and about how many calls were missed."""
    began, ended = one.since, one.over_at
    lines = []
    if ended > began:
        length = lasting((ended - began).total_seconds())
        lines.append(f"It lasted {length}, from {one.at(began)} to {one.at(ended)}.")
    if one.kind in _MISSES_CALLS:
        lines += _missed(one)
    elif one.kind == IssueKind.SESSIONS_REFUSED and one.count:
        lines.append(f"{counted(one.count, 'post')} {_were(one.count)} refused.")
    return lines


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _missed(one: Subject) -> list[str]:
    missed = one.over.get("missed")
    if missed is None:
        return []
    if not round(float(missed)):
        return ["No call was missed, as far as is known."]
    sessions = counted(float(missed), "session")
    if one.over.get("is_told"):
        return [f"LiveKit ran {sessions} in that time that did not arrive."]
    return [f"Usually about {sessions} arrive in that time."]


def _whose(one: Subject) -> str:
    if one.kind in {IssueKind.KEY_EXPIRES, IssueKind.KEY_UNUSED}:
        return f"The API key {named(one.facts.get('key'), KEY)}"
    whose = agent_or_key(one)
    return whose[0].upper() + whose[1:]


def _short(one: Subject) -> str:
    """Return what it was, in a few words."""
    label = str(dict(IssueKind.choices).get(one.kind, one.kind)).lower()
    whose = named(one.facts.get("agent")) or named(one.facts.get("key"))
    return f"{label}, {whose}" if whose else label


def _recovered(one: Subject) -> str:
    at = one.at(one.over_at)
    agent = named(one.facts.get("agent"), AGENT)
    key = named(one.facts.get("key"), KEY)
    return {
        IssueKind.AGENT_SILENT: f"{agent} sends sessions again since {at}",
        IssueKind.ALL_SILENT: f"Sessions arrive again since {at}",
        IssueKind.SESSIONS_REFUSED: f"Sessions of {agent_or_key(one)} are taken again",
        IssueKind.SESSIONS_MISSING: f"Sessions of {agent_or_key(one)} arrive again",
        IssueKind.DELIVERIES_FAILED: "No delivery is left that failed",
        IssueKind.DELIVERIES_WAITING: "Sessions no longer wait",
        IssueKind.KEY_EXPIRES: f"The API key {key} no longer expires soon",
        IssueKind.KEY_UNUSED: f"The API key {key} is used again",
        IssueKind.RECORDINGS_FAILED: "Recordings can be had again",
        IssueKind.DISK_FULL: "There is room on the disk again",
        IssueKind.QUEUE_LONG: "The worker keeps up again",
        IssueKind.WORKER_AWAY: f"A worker runs again since {at}",
        IssueKind.MEDIA_AWAY: f"A media worker runs again since {at}",
    }[IssueKind(one.kind)]
