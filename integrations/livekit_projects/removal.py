"""Deleting what came of removed projects, in batches: there may be millions of rows."""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models import Model

from conversations.worker_stop import Turn
from conversations.worker_wakeup import Throttle
from integrations.expected_sessions import tallies
from integrations.models import (
    ExpectedSession,
    LiveKitEgress,
    LiveKitEvent,
    LiveKitGap,
    LiveKitProject,
    LiveKitRoom,
)

BATCH = 1000
TURN_SECONDS = 10.0
_ROWS: tuple[type[Model], ...] = (LiveKitEvent, LiveKitRoom, LiveKitEgress, LiveKitGap)


def send_wakeup(**options: Any) -> None:
    """Send the task of retention, which deletes what was removed, by its name.

    options: as `apply_async` takes them.
    """
    current_app.send_task("integrations.tasks.forget", **options)


_throttle = Throttle(send_wakeup)


def wake_worker() -> None:
    """Tell a worker that there is something to delete; return at once and never fail."""
    _throttle.wake()


def delete_removed(*, seconds: float = TURN_SECONDS) -> bool:
    """Delete what came of removed projects, and these; return whether there is more."""
    turn = Turn(seconds)
    removed = LiveKitProject.objects.filter(removed_at__isnull=False)
    for project in removed.order_by("removed_at"):
        if not _is_emptied(project, turn):
            return True
        project.delete()
    return False


def _is_emptied(project: LiveKitProject, turn: Turn) -> bool:
    """Delete rows until none is left; False where the turn is over before."""
    while not turn.is_over:
        if _delete_sessions(project):
            continue
        if not any(_delete_some(model, project) for model in _ROWS):
            return True
    return False


@transaction.atomic
def _delete_sessions(project: LiveKitProject) -> int:
    """Delete some sessions, which are counted no longer then."""
    some = ExpectedSession.objects.filter(project=project).order_by("id")
    sessions = list(some.select_for_update()[:BATCH])
    tallies.move((tallies.key_of(one), None) for one in sessions if one.state)
    ExpectedSession.objects.filter(pk__in=[one.pk for one in sessions]).delete()
    return len(sessions)


def _delete_some(model: type[Model], project: LiveKitProject) -> int:
    rows = model._default_manager.filter(project=project)
    some = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    model._default_manager.filter(pk__in=some).delete()
    return len(some)
