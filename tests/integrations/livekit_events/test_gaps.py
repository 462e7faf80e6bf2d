"""Times of which Zelto knows that it does not know all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations.livekit_events import gaps
from integrations.models import LiveKitEvent, LiveKitGap, LiveKitProject, WorkerPulse
from integrations.operations import heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def a_new_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(heartbeat, "_written_at", float("-inf"))
    yield


def seen(ago: timedelta) -> datetime:
    at = timezone.now() - ago
    WorkerPulse.objects.update_or_create(single=True, defaults={"seen_at": at})
    return at


@pytest.fixture
def old_project(project: LiveKitProject) -> LiveKitProject:
    project.created_at = timezone.now() - timedelta(days=3)
    project.save()
    return project


def test_a_worker_that_comes_back_notes_that_zelto_was_away(
    old_project: LiveKitProject,
) -> None:
    last = seen(timedelta(hours=2))
    heartbeat.beat()
    gap = LiveKitGap.objects.get()
    assert gap.project == old_project
    assert gap.began_at == last
    assert timezone.now() - gap.ended_at < timedelta(minutes=1)
    assert gap.reason == gaps.AWAY


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(seconds=20)])
def test_a_moment_is_no_absence(old_project: LiveKitProject, ago: timedelta) -> None:
    seen(ago)
    heartbeat.beat()
    assert not LiveKitGap.objects.exists()


def test_the_first_worker_ever_notes_nothing(old_project: LiveKitProject) -> None:
    heartbeat.beat()
    assert not LiveKitGap.objects.exists()


def test_while_events_came_only_workers_were_away(old_project: LiveKitProject) -> None:
    last = seen(timedelta(hours=2))
    LiveKitEvent.objects.create(
        project=old_project,
        event_id="EV_1",
        name="room_started",
        body=b"{}",
        received_at=last + timedelta(hours=1),
    )
    heartbeat.beat()
    assert LiveKitGap.objects.get().began_at == last + timedelta(hours=1)


def test_nothing_is_missing_of_removed_projects(old_project: LiveKitProject) -> None:
    old_project.removed_at = timezone.now()
    old_project.save()
    seen(timedelta(hours=2))
    heartbeat.beat()
    assert not LiveKitGap.objects.exists()
