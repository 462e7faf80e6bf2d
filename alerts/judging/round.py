"""The round: each look whose turn it is, one transaction each.

Whoever runs a look holds the lock of its row in `Progress`: two rounds at once share the
looks, and none is taken twice. A look that fails is logged and taken again in its turn;
the others go on.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from alerts.causes.look import Cause
from alerts.issues.life import reconcile
from alerts.judging.listening import is_listening
from alerts.judging.looks import CAUSES
from alerts.judging.progress import claim, is_due, note
from alerts.messages.first_channels import give_first_channels
from alerts.models import IssueChange, Progress
from conversations import worker_stop

logger = logging.getLogger(__name__)

# The row that says when a round was last run to its end.
ROUND = "judging"
# Rounds are a little apart from each other: a turn that is due in a moment is due.
EARLY = timedelta(seconds=10)


def run_round(
    now: datetime | None = None, *, only_of_zelto: bool = False
) -> list[IssueChange]:
    """Take every look whose turn it is, and return what has changed.

    now: aware; the time it is where left out. only_of_zelto: of Zelto itself alone.
    """
    now = now or timezone.now()
    if not only_of_zelto:
        give_first_channels(now)
    changes: list[IssueChange] = []
    hears: bool | None = None
    taken_at = dict(Progress.objects.values_list("name", "at"))
    for cause in CAUSES:
        if worker_stop.requested.is_set():
            return changes
        if only_of_zelto and not cause.of_zelto:
            continue
        if not is_due(taken_at.get(_row_of(cause)), now, cause.every - EARLY):
            continue
        if cause.of_arrivals:
            hears = is_listening(now) if hears is None else hears
            if not hears:
                continue
        try:
            changes += take_look(cause, now)
        except Exception:
            logger.exception("Looking for what is wrong failed: %s", cause.name)
    if not only_of_zelto:
        note(ROUND, now)
    return changes


@transaction.atomic
def take_look(cause: Cause, now: datetime) -> list[IssueChange]:
    """Take a look where it is its turn and nobody else takes it; return what changed."""
    if not claim(_row_of(cause), now, cause.every - EARLY):
        return []
    look = cause.find(now)
    return reconcile(
        cause.kinds, look.findings, now, besides=look.besides, endings=cause.endings
    )


def _row_of(cause: Cause) -> str:
    return f"{ROUND}: {cause.name}"
