"""Why it is so and what to do, a sentence each: of each kind of issue."""

from __future__ import annotations

from collections.abc import Callable

from alerts.models import IssueKind
from alerts.texts.evidence import host_lines, refusal_lines, session_lines
from alerts.texts.subject import Subject, moment_of
from alerts.texts.words import counted, gibibytes, joined, named


def lines_of_open(one: Subject) -> list[str]:
    """Return the cause, and where it helps what to do."""
    return LINES[IssueKind(one.kind)](one)


def _silent(one: Subject) -> list[str]:
    refusals = refusal_lines(one)
    sessions = session_lines(one)
    lines = [*refusals, *sessions, *host_lines(one)]
    if away := moment_of(one.facts.get("zelto_away_until")):
        lines.append(
            f"Zelto itself was not running until {one.at(away)}; that time is left out."
        )
    if not refusals and not sessions:
        lines.append(
            "Nothing of it was refused, and nothing else is known: its worker does not "
            "run, cannot reach Zelto, or has no calls."
        )
    return lines


def _all_silent(one: Subject) -> list[str]:
    names = [named(each) for each in one.facts.get("names") or []]
    more = int(one.facts.get("agents") or one.count) - len(names)
    if more > 0:
        names.append(counted(more, "other"))
    return [f"These are {joined(names)}." if names else "", *_silent(one)]


def _refused(one: Subject) -> list[str]:
    lines = refusal_lines(one)
    taken = one.facts.get("taken")
    if taken is not None:
        lines.append(f"{counted(int(taken), 'session')} arrived in the same hour.")
    return [*lines, *host_lines(one)]


def _missing(one: Subject) -> list[str]:
    ended = one.facts.get("ended")
    lines = []
    if ended:
        lines.append(f"LiveKit ran {counted(int(ended), 'session')} in that time.")
    if failed := int(one.facts.get("jobs_failed") or 0):
        lines.append(f"Of {failed:,} LiveKit says that the job failed.")
    return [*lines, *host_lines(one)]


def _failed(one: Subject) -> list[str]:
    names = [named(each) for each in one.facts.get("agents") or []]
    of = [f"They are of {joined(names)}."] if names else []
    return [
        *of,
        "They are kept in the log of deliveries, which says why; replay them from there.",
    ]


def _waiting(one: Subject) -> list[str]:
    return [
        "They are safe in the log. Nothing is lost, and nothing is to be sent again."
    ]


def _expires(one: Subject) -> list[str]:
    used = one.moment("used_at")
    return [
        *([f"Last used: {one.at(used)}."] if used else []),
        *host_lines(one),
        "Roll it, or change when it expires, before sessions are refused.",
    ]


def _unused(one: Subject) -> list[str]:
    days = int(one.facts.get("days") or 0)
    return [
        f"It was used on {counted(days, 'day')} of the four weeks before.",
        *host_lines(one),
        "Where nothing needs it any more, revoke it.",
    ]


def _recordings(one: Subject) -> list[str]:
    reason = named(one.facts.get("reason"))
    of = int(one.facts.get("of") or 0)
    lines = [f"{reason}."] if reason else []
    if of > one.count:
        lines.append(f"Of the newest {of:,} it is {one.count:,}.")
    return lines


def _disk(one: Subject) -> list[str]:
    size = float(one.facts.get("size") or 0)
    where = named(one.facts.get("what"), "Zelto's data")
    return [
        f"It is the disk of {where}, of {gibibytes(size)}.",
        "Once it is full, no session can be stored.",
    ]


def _queue(one: Subject) -> list[str]:
    return ["Sessions are safe in the log, and appear later than usual."]


def _worker(one: Subject) -> list[str]:
    return [
        "Sessions are still taken and stored; none appears until a worker runs.",
        "Start the process `worker`.",
    ]


def _media(one: Subject) -> list[str]:
    return [
        "No recording is fetched or transcribed, and mails wait, until one runs.",
        "Start the process `media`.",
    ]


LINES: dict[IssueKind, Callable[[Subject], list[str]]] = {
    IssueKind.AGENT_SILENT: _silent,
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
    IssueKind.WORKER_AWAY: _worker,
    IssueKind.MEDIA_AWAY: _media,
}
