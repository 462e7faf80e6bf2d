"""Zelto itself: its disk and its workers."""

from collections import namedtuple

import pytest

from alerts.causes.of_zelto import GIB, is_almost_full
from alerts.judging.looks import CAUSES
from alerts.judging.round import take_look
from alerts.models import Issue, Progress
from alerts.texts.issue_text import title_of
from integrations.models import WorkerPulse
from tests.alerts.causes.conftest import MINUTE

ZELTO = next(one for one in CAUSES if one.name == "zelto")
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def disk(monkeypatch):
    """`disk(free)`: so many GiB are free, of 100."""

    def change(free):
        usage = Usage(100 * GIB, (100 - free) * GIB, free * GIB)
        monkeypatch.setattr(
            "alerts.causes.of_zelto.shutil.disk_usage", lambda folder: usage
        )

    change(50)
    return change


@pytest.fixture
def look(now, disk, organization, other_organization):
    def at(minutes=0.0):
        Progress.objects.filter(name="judging: zelto").delete()
        changes = take_look(ZELTO, now + minutes * MINUTE)
        assert all(one.issue.organization == organization for one in changes)
        return [(str(one.kind), one.issue.kind) for one in changes]

    return at


@pytest.mark.parametrize(
    ("free", "size", "is_full"),
    [
        (9, 100, True),
        (11, 100, False),
        # A tenth of a large disk is a lot.
        (21, 2000, False),
        (19, 2000, True),
        # And of a small one little.
        (1.9, 15, True),
        (2.1, 15, False),
        (0.6, 1, False),
        (0.4, 1, True),
    ],
)
def test_a_disk_is_almost_full_by_its_part_and_by_what_is_left(free, size, is_full):
    assert is_almost_full(free * GIB, size * GIB) is is_full


def test_a_disk_that_is_almost_full_is_one_until_there_is_room(disk, look):
    assert look() == []
    disk(9)
    assert look(1) == [("opened", "disk_full")]
    title = title_of(Issue.objects.get(), Issue.objects.get().organization.zone)
    assert title == "The disk is almost full: 9.0 GiB (9%) are free"
    disk(11)
    assert look(2) == []
    disk(13)
    assert look(3) == [("resolved", "disk_full")]


def test_a_worker_that_is_away_is_one(look, now):
    assert look() == []
    WorkerPulse.objects.create(seen_at=now - MINUTE)
    assert look() == []
    assert look(1.5) == [("opened", "worker_away")]
    assert Issue.objects.get().since == now - MINUTE
    WorkerPulse.objects.update(seen_at=now + 2 * MINUTE)
    assert look(2) == [("resolved", "worker_away")]


def test_a_media_worker_that_is_away_is_one(look, now):
    Progress.objects.create(name="media", at=now - MINUTE)
    assert look(8) == []
    assert look(10) == [("opened", "media_away")]
    Progress.objects.filter(name="media").update(at=now + 10 * MINUTE)
    assert look(11) == [("resolved", "media_away")]
