"""The jobs of the index: whose turn it is, and what becomes of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now

from conversations.models import SearchEntry, SearchJob

logger = logging.getLogger(__name__)

# The jobs of each conversation: every change leaves one.
Jobs = dict[UUID, list[int]]

# The latest of each organization, then the second of each, and so on.
_FRESH = """
    WITH RECURSIVE organizations (id) AS (
        (SELECT organization_id FROM conversations_searchjob WHERE attempts = 0
         ORDER BY organization_id LIMIT 1)
        UNION ALL
        SELECT following.organization_id FROM organizations CROSS JOIN LATERAL (
            SELECT organization_id FROM conversations_searchjob
            WHERE attempts = 0 AND organization_id > organizations.id
            ORDER BY organization_id LIMIT 1) AS following
    ), share (rows) AS (
        SELECT greatest(1, least(%(limit)s, 4 * %(limit)s / greatest(1, count(*))))
        FROM organizations
    )
    SELECT latest.id, latest.conversation_id FROM organizations CROSS JOIN LATERAL (
        SELECT id, conversation_id, row_number() OVER (ORDER BY id DESC) AS place
        FROM (SELECT id, conversation_id FROM conversations_searchjob
              WHERE attempts = 0 AND organization_id = organizations.id
              ORDER BY id DESC LIMIT (SELECT rows FROM share)) AS own
    ) AS latest
    ORDER BY place, id DESC LIMIT %(limit)s
"""

# By their ids, the newest calls first. One whose job failed waits for its next try. The
# version is in the text, so that the planner sees that the small index has them all.
_OUTDATED = f"""
    INSERT INTO conversations_searchjob (conversation_id, organization_id)
    SELECT id, organization_id FROM (
        SELECT call.id, call.organization_id
        FROM conversations_searchentry AS entry
        JOIN conversations_conversation AS call ON call.id = entry.conversation_id
        WHERE entry.version < {SearchEntry.VERSION} AND NOT EXISTS (
            SELECT FROM conversations_searchjob AS failed WHERE failed.attempts > 0
                AND failed.conversation_id = entry.conversation_id)
        ORDER BY entry.conversation_id DESC LIMIT %s) AS outdated
    ORDER BY id
    RETURNING id, conversation_id
"""  # noqa: S608 - a number of ours


def fresh_jobs(limit: int) -> list[tuple[int, UUID]]:
    """Return up to `limit` jobs that nobody has tried, in the order of their turns."""
    with connection.cursor() as cursor:
        cursor.execute(_FRESH, {"limit": limit})
        return [(job, conversation) for job, conversation in cursor.fetchall()]


def enqueue_outdated(limit: int) -> list[tuple[int, UUID]]:
    """Leave jobs for up to `limit` entries that an earlier version of the rules made."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTDATED, [limit])
        jobs = [(job, conversation) for job, conversation in cursor.fetchall()]
    return sorted(jobs, reverse=True)


def by_conversation(jobs: Iterable[tuple[int, UUID]]) -> Jobs:
    """Return the jobs of each conversation, in the order in which these are named."""
    found: Jobs = {}
    for job, conversation in jobs:
        found.setdefault(conversation, []).append(job)
    return found


def record_failure(conversation: UUID, jobs: list[int], error: Exception) -> None:
    """Keep one job of the conversation, the newest, with its tries and the error."""
    logger.error("Conversation %s cannot be indexed", conversation, exc_info=error)
    newest, now = max(jobs), Now()
    waits = (
        When(attempts=tried, then=now + Value(timedelta(seconds=wait)))
        for tried, wait in enumerate(SearchJob.WAITS)
    )
    with transaction.atomic():
        kept = SearchJob.objects.filter(id=newest).update(
            attempts=F("attempts") + 1,
            next_try_at=Case(*waits, default=None),
            last_error=type(error).__name__,
        )
        if kept:
            failed = SearchJob.objects.filter(conversation_id=conversation)
            failed.filter(attempts__gt=0, id__lt=newest).delete()
            SearchJob.objects.filter(id__in=jobs, id__lt=newest).delete()


def close(jobs: Jobs) -> int:
    """Delete these, and those of the same conversations that failed before: they were
    there when the conversations were read."""
    numbers = [number for numbers in jobs.values() for number in numbers]
    if numbers:
        failed = SearchJob.objects.filter(attempts__gt=0, conversation_id__in=jobs)
        failed.filter(id__lt=max(numbers)).delete()
    return SearchJob.objects.filter(id__in=numbers).delete()[0]
