"""What is wrong, in one sentence: of each kind of issue."""

from __future__ import annotations

from collections.abc import Callable

from alerts.models import IssueKind
from alerts.texts.subject import Subject
from alerts.texts.words import counted, gibibytes, lasting, named

AGENT = "An agent"
KEY = "An API key"


def title_of_open(one: Subject) -> str:
    """Return what is wrong."""
    kind = IssueKind(one.kind)
    return TITLES[kind](one)


def agent_or_key(one: Subject) -> str:
    """Return whose sessions it is about."""
    if agent := named(one.facts.get("agent")):
        return agent
    if key := named(one.facts.get("key")):
        return f"the key {key}"
    return "an unknown agent"


def _agent_silent(one: Subject) -> str:
    agent = named(one.facts.get("agent"), AGENT)
    return f"{agent} is silent since {one.since_text}{_usually(one)}"


def _usually(one: Subject) -> str:
    gap = one.facts.get("usual_gap")
    if not gap:
        return ""
    looked_at = one.moment("usual_at") or one.now
    day = f"{looked_at.astimezone(one.zone):%A}s"
    return f" (usually every {lasting(float(gap))} on {day} at this time)"


def _all_silent(one: Subject) -> str:
    count = int(one.facts.get("agents") or one.count)
    return f"All {counted(count, 'agent')} are silent since {one.since_text}"


def _refused(one: Subject) -> str:
    whose = agent_or_key(one)
    if one.facts.get("is_all"):
        return (
            f"Sessions of {whose} are refused since {one.since_text}: "
            f"{_all_of(one.count)}"
        )
    return (
        f"{_share(one)} of the sessions of {whose} are refused since {one.since_text}"
    )


def _all_of(count: int) -> str:
    return "one so far" if count == 1 else f"all {count:,} of them"


def _share(one: Subject) -> str:
    share = float(one.facts.get("share") or 0)
    return f"{max(round(share * 100), 1)} %"


def _missing(one: Subject) -> str:
    sessions = counted(one.count, "session")
    verb = "is" if one.count == 1 else "are"
    return f"{sessions} of {agent_or_key(one)} {verb} missing since {one.since_text}"


def _failed(one: Subject) -> str:
    deliveries = counted(one.count, "delivery", "deliveries")
    return f"{deliveries} could not be turned into conversations since {one.since_text}"


def _waiting(one: Subject) -> str:
    waits = _waits(one)
    return f"Sessions have been waiting for {waits} to become conversations"


def _waits(one: Subject) -> str:
    oldest = one.moment("oldest") or one.since
    return lasting((one.now - oldest).total_seconds())


def _expires(one: Subject) -> str:
    key = named(one.facts.get("key"), KEY)
    end = one.moment("expires_at")
    return f"The API key {key} expires {f'on {one.at(end)}' if end else 'soon'}"


def _unused(one: Subject) -> str:
    key = named(one.facts.get("key"), KEY)
    return f"The API key {key} was used daily, and is not used since {one.since_text}"


def _recordings(one: Subject) -> str:
    host = named(one.facts.get("host"))
    where = f" from {host}" if host else ""
    return f"{counted(one.count, 'recording')} could not be had{where}"


def _disk(one: Subject) -> str:
    free = float(one.facts.get("free") or 0)
    size = float(one.facts.get("size") or 1)
    return f"The disk is almost full: {gibibytes(free)} ({free / size:.0%}) are free"


def _queue(one: Subject) -> str:
    waits = _waits(one)
    return f"The worker does not keep up: sessions wait for {waits}"


def _worker_away(one: Subject) -> str:
    return f"No worker runs since {one.since_text}: sessions are stored and wait"


def _media_away(one: Subject) -> str:
    return f"No media worker runs since {one.since_text}: recordings wait"


TITLES: dict[IssueKind, Callable[[Subject], str]] = {
    IssueKind.AGENT_SILENT: _agent_silent,
    IssueKind.ALL_SILENT: _all_silent,
    IssueKind.SESSIONS_REFUSED: _refused,
    IssueKind.SESSIONS_MISSING: _missing,
    IssueKind.DELIVERIES_FAILED: _failed,
    IssueKind.DELIVERIES_WAITING: _waiting,
    IssueKind.KEY_EXPIRES: _expires,
    IssueKind.KEY_UNUSED: _unused,
    IssueKind.RECORDINGS_FAILED: _recordings,
    IssueKind.DISK_FULL: _disk,
    IssueKind.QUEUE_LONG: _queue,
    IssueKind.WORKER_AWAY: _worker_away,
    IssueKind.MEDIA_AWAY: _media_away,
}
