"""The versions of an agent side by side, and how its calls ended.

Only its newest calls are read, so that an agent with years of them is as quick as a new
one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from conversations.models import Agent

# The last four weeks in which it was called, and no more than so many calls.
WINDOW = timedelta(days=28)
MAX_CALLS = 20_000
MAX_VERSIONS = 8
MAX_REASONS = 8
REASONS_OF_A_VERSION = 3
# Latencies are inside transcripts, so of each version only so many are read.
LATENCIES_FROM = 500
MAX_TURNS_READ = 15_000


@dataclass(frozen=True, slots=True)
class Reason:
    """How calls ended. share: per cent of the calls of its version, or of all."""

    text: str
    count: int
    share: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from the end of a question to the first sound of the answer: `answers` of
    them, in `calls` calls.
    """

    median: float
    p95: float
    answers: int
    calls: int


@dataclass(frozen=True, slots=True)
class Version:
    """The calls of one version. name: empty for calls without. share: per cent.
    duration: the median, seconds. judged: calls with an outcome; succeeded: those of
    them that did.
    """

    name: str
    count: int
    share: int
    last_at: datetime
    duration: float | None
    judged: int = 0
    succeeded: int = 0
    reasons: list[Reason] = field(default_factory=list)
    latency: Latency | None = None

    @property
    def success(self) -> int | None:
        """Return per cent of the calls with an outcome; None where none has one."""
        return _share(self.succeeded, self.judged) if self.judged else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The versions of an agent, the latest seen first.

    others: how many versions there are beyond those.
    reasons: the most frequent first; other_reasons: calls that ended otherwise.
    is_cut: only the newest `MAX_CALLS` were counted.
    """

    total: int
    versions: list[Version]
    others: int
    reasons: list[Reason]
    other_reasons: int
    is_cut: bool

    @property
    def is_one_nameless(self) -> bool:
        return [version.name for version in self.versions] == [""]

    @property
    def has_outcomes(self) -> bool:
        return any(version.judged for version in self.versions)

    @property
    def calls_read(self) -> int:
        return LATENCIES_FROM

    @property
    def most_calls(self) -> int:
        return MAX_CALLS


def compare_versions(agent: Agent, last_session_at: datetime) -> Comparison:
    """Compare the versions of an agent's calls in the four weeks up to its last
    session.
    """
    parameters = {
        "agent": agent.id,
        "since": last_session_at - WINDOW,
        "most_calls": MAX_CALLS,
        "most_reasons": MAX_REASONS,
    }
    versions = _query(_VERSIONS, parameters)
    total = sum(row[1] for row in versions)
    shown = versions[:MAX_VERSIONS]
    names = [row[0] for row in shown]
    of_all, of_version = _reasons(parameters, {row[0]: row[1] for row in shown}, total)
    latencies = _latencies(parameters, names)
    return Comparison(
        total=total,
        versions=[
            Version(
                name=name,
                count=count,
                share=_share(count, total),
                last_at=last_at,
                duration=duration,
                judged=judged,
                succeeded=succeeded,
                reasons=of_version[name][:REASONS_OF_A_VERSION],
                latency=latencies.get(name),
            )
            for name, count, last_at, duration, judged, succeeded in shown
        ],
        others=len(versions) - len(shown),
        reasons=of_all,
        other_reasons=total - sum(reason.count for reason in of_all),
        is_cut=total >= MAX_CALLS,
    )


def _reasons(
    parameters: dict[str, Any], counts: dict[str, int], total: int
) -> tuple[list[Reason], dict[str, list[Reason]]]:
    """Return the reasons of all calls, and those of each version.

    counts: the calls of each version that is shown.
    """
    of_all: list[Reason] = []
    of_version: dict[str, list[Reason]] = defaultdict(list)
    for name, text, count in _query(_REASONS, {**parameters, "versions": list(counts)}):
        if name is None:
            of_all.append(Reason(text, count, _share(count, total)))
        else:
            of_version[name].append(Reason(text, count, _share(count, counts[name])))
    return of_all, of_version


def _latencies(parameters: dict[str, Any], names: list[str]) -> dict[str, Latency]:
    rows = _query(
        _LATENCIES,
        {
            **parameters,
            "versions": names,
            "most_read": LATENCIES_FROM,
            "most_turns": MAX_TURNS_READ,
        },
    )
    return {
        name: Latency(median, p95, answers, calls)
        for name, median, p95, answers, calls in rows
    }


def _share(count: int, total: int) -> int:
    return round(100 * count / total) if total else 0


def _query(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


_RECENT = """
    WITH recent AS MATERIALIZED (
        SELECT id, version, outcome, ended_reason, duration_seconds, has_transcript, turn_count,
            created_at
        FROM conversations_conversation
        WHERE agent_id = %(agent)s AND created_at >= %(since)s
        ORDER BY created_at DESC, id DESC LIMIT %(most_calls)s
    )
"""
_VERSIONS = f"""
    {_RECENT}
    SELECT version, count(*), max(created_at),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_seconds),
        count(*) FILTER (WHERE outcome <> ''),
        count(*) FILTER (WHERE outcome = 'success')
    FROM recent GROUP BY version ORDER BY max(created_at) DESC
"""  # noqa: S608 - ours
_REASONS = f"""
    {_RECENT}, counted AS (
        SELECT CASE WHEN grouping(version) = 0 THEN version END AS version,
            ended_reason, count(*) AS count
        FROM recent
        GROUP BY GROUPING SETS ((version, ended_reason), (ended_reason))
    ), ranked AS (
        SELECT *, row_number() OVER (
            PARTITION BY version ORDER BY count DESC, ended_reason
        ) AS place
        FROM counted
        WHERE version IS NULL OR version = ANY(%(versions)s)
    )
    SELECT version, ended_reason, count FROM ranked
    WHERE place <= %(most_reasons)s ORDER BY version, place
"""  # noqa: S608
_LATENCIES = f"""
    {_RECENT}, newest AS (
        SELECT id, version, turn_count,
            row_number() OVER of_version AS place,
            sum(turn_count) OVER of_version AS turns
        FROM recent
        WHERE has_transcript AND version = ANY(%(versions)s)
        WINDOW of_version AS (
            PARTITION BY version ORDER BY created_at DESC, id DESC
        )
    ), answers AS (
        SELECT newest.version, newest.id, latency::float8 AS latency
        FROM newest
        JOIN conversations_transcript AS transcript
            ON transcript.conversation_id = newest.id
        CROSS JOIN LATERAL jsonb_path_query(
            transcript.turns,
            '$[*].metrics.e2e_latency ? (@ > 0 && @ <= 3600)'
        ) AS latency
        WHERE newest.place <= %(most_read)s
            AND newest.turns - newest.turn_count < %(most_turns)s
    )
    SELECT version, percentile_cont(0.5) WITHIN GROUP (ORDER BY latency),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY latency),
        count(*), count(DISTINCT id)
    FROM answers GROUP BY version
"""  # noqa: S608
