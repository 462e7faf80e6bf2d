"""What the log, LiveKit and the workers' hosts say of a cause, a sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alerts.texts.subject import Subject, moment_of
from alerts.texts.words import counted, joined, named, times

MAX_LINES = 3
MAX_HOSTS = 3
_BY_STATUS = {
    401: "the key is not good",
    403: "the key may only read",
    411: "the posts do not say how long they are",
    413: "the posts are too large",
    415: "the posts are not JSON",
    429: "more posts in a minute than the organization may send",
}


def refusal_lines(one: Subject) -> list[str]:
    """Return what was refused, by key and reason: `its key livekit-prod was refused 38
    times: revoked at 14:01`.
    """
    refusals = one.facts.get("refusals") or []
    return [_refusal(one, each) for each in refusals[:MAX_LINES]]


def _refusal(one: Subject, refusal: Mapping[str, Any]) -> str:
    count, status = int(refusal.get("count") or 1), int(refusal.get("status") or 0)
    since = f"Since {one.at(moment_of(refusal.get('since')) or one.since)}"
    why = _why(one, refusal, status)
    key = named(refusal.get("key"))
    if status in {401, 403} and key:
        return f"{since} its key {key} was refused {times(count)}: {why}."
    posts = counted(count, "post")
    verb = "was" if count == 1 else "were"
    return f"{since}, {posts} {verb} refused{f' with the key {key}' if key else ''}: {why}."


def _why(one: Subject, refusal: Mapping[str, Any], status: int) -> str:
    key_at = moment_of(refusal.get("key_at"))
    if status == 401 and (state := refusal.get("key_state")):
        by = named(refusal.get("key_by"))
        ended = f"{state} at {one.at(key_at)}" if key_at else str(state)
        return f"{ended} by {by}" if by else ended
    if field := named(refusal.get("field")):
        return f"the field {field} does not fit"
    return _BY_STATUS.get(status, f"answered with {status}")


def session_lines(one: Subject) -> list[str]:
    """Return what LiveKit told of sessions since then; nothing where it tells nothing."""
    told = one.facts.get("sessions")
    if told is None:
        return []
    since = one.since_text
    ended, running = int(told.get("ended") or 0), int(told.get("running") or 0)
    if not ended and not running:
        return [
            f"LiveKit told of no session since {since} either, so no calls came in."
        ]
    ran = f"LiveKit ran {counted(ended + running, 'session')} since {since}"
    missing = int(told.get("missing") or 0)
    if missing:
        verb = "is" if missing == 1 else "are"
        return [f"{ran}; {missing:,} of them {verb} missing here."]
    return [f"{ran}."]


def host_lines(one: Subject) -> list[str]:
    """Return which hosts forwarded, when each was last seen, and what waits there."""
    hosts = one.facts.get("hosts") or []
    if not hosts:
        return []
    said = [_host(one, each) for each in hosts[:MAX_HOSTS]]
    more = int(one.facts.get("host_count") or len(hosts)) - len(said)
    if more > 0:
        said.append(counted(more, "other host"))
    return [f"Last heard of: {joined(said)}."]


def _host(one: Subject, host: Mapping[str, Any]) -> str:
    seen = moment_of(host.get("at"))
    text = named(host.get("host"), "a host without a name")
    if seen:
        text = f"{text} at {one.at(seen)}"
    waiting = int(host.get("waiting") or 0)
    return (
        f"{text} with {counted(waiting, 'session')} in its outbox" if waiting else text
    )
