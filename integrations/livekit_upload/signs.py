"""What upload URLs brought before the first session: why it may not be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.utils import timezone

from accounts.models import ApiKey, Organization
from integrations.connections.job_failures import tells_of_a_job
from integrations.livekit_upload.counted_posts import LOG_LINES, METRICS
from integrations.livekit_upload.posts import PROVIDER
from integrations.models import Delivery

# The newest of what made no conversation; each kind is one row an hour and key.
MAX_READ = 50
# Older than that is no sign of what is wrong now.
LATELY = timedelta(days=1)
# A job that runs logs something mostly every few seconds.
RUNNING = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class UploadSigns:
    """What came lately and was no session.

    log_at, metrics_at: when the newest came. failure: an error that the worker logged
    outside of a session. has_url: a key is there with which upload URLs are made.
    """

    has_url: bool
    log_at: datetime | None = None
    metrics_at: datetime | None = None
    failure: Delivery | None = None

    @classmethod
    def of(cls, organization: Organization, since: datetime) -> Self:
        """Return what came since a moment."""
        ignored = _ignored(organization, since)
        keys = ApiKey.objects.in_organization(organization).usable()
        return cls(
            has_url=keys.filter(scope=ApiKey.Scope.INGEST).exists(),
            log_at=_newest(ignored, {LOG_LINES}),
            metrics_at=_newest(ignored, {METRICS}),
            failure=next((row for row in ignored if tells_of_a_job(row)), None),
        )

    @property
    def is_running(self) -> bool:
        """Tell whether a job seems to be under way."""
        return self.log_at is not None and timezone.now() - self.log_at < RUNNING

    def __bool__(self) -> bool:
        return bool(self.log_at or self.metrics_at or self.failure)


def signs_lately(organization: Organization) -> UploadSigns:
    """Return what came in the last day."""
    return UploadSigns.of(organization, timezone.now() - LATELY)


def _ignored(organization: Organization, since: datetime) -> Sequence[Delivery]:
    log = Delivery.objects.in_organization(organization).filter(
        outcome=Delivery.Outcome.IGNORED,
        provider=PROVIDER,
        source=Delivery.Source.LIVEKIT_LOGS,
    )
    rows = log.newest_first().without_bodies()[:MAX_READ]
    return [row for row in rows if row.newest_at >= since]


def _newest(rows: Sequence[Delivery], reasons: set[str]) -> datetime | None:
    return max((row.newest_at for row in rows if row.reason in reasons), default=None)
