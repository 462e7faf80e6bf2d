"""A rule in words: "Silence of Front desk is not told on Sundays and between 22:00 and
7:00."
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, tzinfo

from alerts.models import IssueKind, Rule
from alerts.rules.evaluation import OF_SILENCE
from alerts.texts.words import joined
from conversations.agents.activity_chart import WEEKDAYS
from web.templatetags.moments import day

# What is told of a kind, and whether that is several things.
NOUNS: dict[str, tuple[str, bool]] = {
    IssueKind.AGENT_SILENT: ("Silence", False),
    IssueKind.ALL_SILENT: ("Silence of all agents at once", False),
    IssueKind.SESSIONS_REFUSED: ("Refused sessions", True),
    IssueKind.SESSIONS_MISSING: ("Missing sessions", True),
    IssueKind.DELIVERIES_FAILED: ("Failed deliveries", True),
    IssueKind.DELIVERIES_WAITING: ("Waiting deliveries", True),
    IssueKind.KEY_EXPIRES: ("Keys that expire", True),
    IssueKind.KEY_UNUSED: ("Keys that are no longer used", True),
    IssueKind.RECORDINGS_FAILED: ("Recordings that cannot be had", True),
    IssueKind.DISK_FULL: ("A disk that is almost full", False),
    IssueKind.QUEUE_LONG: ("A queue that is too long", False),
    IssueKind.WORKER_AWAY: ("A worker that is away", False),
    IssueKind.MEDIA_AWAY: ("A media worker that is away", False),
}


def sentence_of(rule: Rule, now: datetime, zone: tzinfo) -> str:
    """Return what a rule says, as sentences.

    zone: the organization's, in which its moments are.
    """
    subject, are_several = subject_of(rule)
    verb, pronoun = ("are", "They") if are_several else ("is", "It")
    said = _predicates(rule, now, zone)
    sentences = [f"{subject} {verb} {one}." for one in said[:1]]
    sentences += [f"{pronoun} {verb} {one}." for one in said[1:]]
    if not rule.is_off and rule.silent_until and rule.kind not in OF_SILENCE:
        until, is_past = _until(rule.silent_until, now, zone)
        who = rule.agent.display_name if rule.agent else "Every agent"
        tense = "was" if is_past else "is"
        sentences.append(f"{who} {tense} expected to be silent until {until}.")
    return " ".join(sentences)


def subject_of(rule: Rule) -> tuple[str, bool]:
    """Return what a rule is about, and whether that is several things."""
    agent = rule.agent.display_name if rule.agent else ""
    if not rule.kind:
        return (
            f"Whatever is wrong with {agent}" if agent else "Whatever is wrong",
            False,
        )
    noun, are_several = NOUNS.get(rule.kind, (rule.kind, False))
    return (f"{noun} of {agent}" if agent else noun, are_several)


def _predicates(rule: Rule, now: datetime, zone: tzinfo) -> Sequence[str]:
    if rule.is_off:
        return ["not watched"]
    said = []
    if silence := _silence(rule, now, zone):
        said.append(silence)
    if pauses := _pauses(rule):
        said.append(f"not told {pauses}")
    if rule.delay_minutes:
        said.append(f"told once it lasts longer than {minutes(rule.delay_minutes)}")
    return said


def _silence(rule: Rule, now: datetime, zone: tzinfo) -> str:
    if rule.silent_until is None or rule.kind not in OF_SILENCE:
        return ""
    until, is_past = _until(rule.silent_until, now, zone)
    if is_past:
        return f"told again since {until}: until then it was expected"
    return f"not told until {until}, since it is expected"


def _until(until: datetime, now: datetime, zone: tzinfo) -> tuple[str, bool]:
    """Return a moment as sentences have it, and whether it is over."""
    local = until.astimezone(zone)
    text = f"{day(local, now.astimezone(zone))}, {clock(local.time())}"
    return text, until <= now


def _pauses(rule: Rule) -> str:
    pauses = []
    if rule.days_off:
        days = [f"{WEEKDAYS[one]}s" for one in sorted(set(rule.days_off))]
        pauses.append(f"on {joined(days)}")
    if rule.quiet_from is not None and rule.quiet_to is not None:
        pauses.append(f"between {clock(rule.quiet_from)} and {clock(rule.quiet_to)}")
    return " and ".join(pauses)


def minutes(number: int) -> str:
    """Return a number of minutes as `45 min`, `2 h` or `2 h 30 min`."""
    hours, rest = divmod(number, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def clock(value: time) -> str:
    """Return a time of day as `7:00`."""
    return f"{value.hour}:{value.minute:02d}"
