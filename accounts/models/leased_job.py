"""Jobs of a worker that are claimed for a lease."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now


class LeasedJob(models.Model):
    """A row that is work for a worker, which claims it for a lease and renews that
    while it works; what a dead one held can be claimed again when its lease ends.

    Every write of a worker names its claim, so that one whose lease was lost, or whose
    work was replaced meanwhile, writes nothing.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    # How long to wait after each try that failed, seconds; after the last it is over.
    WAITS: tuple[int, ...] = (10, 60, 300, 1800)
    # How long a claim holds; None is as long as ZELTO_LEASE_SECONDS says.
    LEASE: timedelta | None = None
    # The way from a job to its organization.
    ORGANIZATION = "conversation__organization_id"
    # Of a job that was just claimed: whose it is.
    claimed_for: UUID

    state = models.CharField(
        max_length=16, choices=State.choices, default=State.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    # Of the last try, for people; stays until the next one succeeds.
    last_error = models.TextField(blank=True)

    class Meta:
        abstract = True

    @classmethod
    def claim_next(cls, *, besides: Collection[UUID] = ()) -> Self | None:
        """Claim the job that has waited longest, or return None.

        besides: organizations whose jobs are left alone.

        Commits at once, so that work which kills its worker is counted too. A lease or
        a wait longer than this code ever writes counts as over: the clock was set back.
        """
        lease = cls.lease()
        jobs: models.Manager[Self] = cls._default_manager
        claim = uuid4()
        with transaction.atomic(durable=True):
            due = cls._due(lease).exclude(**{f"{cls.ORGANIZATION}__in": besides})
            found = cls._lock(due).first()
            if found is None:
                return None
            found._note_change()
            jobs.filter(pk=found.pk).update(
                state=cls.State.RUNNING,
                attempts=models.F("attempts") + 1,
                claim=claim,
                lease_until=Now() + models.Value(lease),
                next_try_at=None,
            )
        organization = models.F(cls.ORGANIZATION)
        # By its key: no index has the claims.
        mine = jobs.filter(pk=found.pk, claim=claim)
        claimed = mine.annotate(claimed_for=organization)
        return claimed.first()

    @classmethod
    def lease(cls) -> timedelta:
        """Return how long a claim holds if it is not renewed."""
        return cls.LEASE or timedelta(seconds=settings.LEASE_SECONDS)

    def count_ahead(self, organization_id: UUID, most: int) -> int:
        """Count the jobs of its organization that are claimed before this one, which
        was not tried yet; at most `most`.
        """
        ahead = type(self)._default_manager.filter(
            **{self.ORGANIZATION: organization_id},
            state__in=[self.State.WAITING, self.State.RUNNING],
            next_try_at=None,
            pk__lt=self.pk,
        )
        return ahead[:most].count()

    @classmethod
    def _due(cls, lease: timedelta) -> models.QuerySet[Self]:
        """Return the jobs that may be claimed, the one that has waited longest first."""
        now: Any = Now()
        held = models.Q(
            state=cls.State.RUNNING,
            lease_until__gte=now,
            lease_until__lte=now + models.Value(lease),
        )
        waits = models.Q(
            next_try_at__isnull=False,
            next_try_at__gte=now,
            next_try_at__lte=now + models.Value(timedelta(seconds=max(cls.WAITS))),
        )
        return (
            cls._default_manager.filter(
                state__in=[cls.State.WAITING, cls.State.RUNNING]
            )
            .exclude(held)
            .exclude(waits)
            .order_by(models.F("next_try_at").asc(nulls_first=True), "pk")
            .only("pk")
        )

    @classmethod
    def _lock(cls, due: models.QuerySet[Self]) -> models.QuerySet[Self]:
        """Lock those of these jobs that nobody holds, to be claimed."""
        return due.select_for_update(skip_locked=True, of=("self",))

    def _note_change(self) -> None:
        """Update what depends on the job's state, in the transaction that changes it."""

    def _write(self, **changes: Any) -> bool:
        """Write the state of the job, and tell whether this worker still held it."""
        return bool(self.claimed().update(**changes))

    def claimed(self) -> models.QuerySet[Self]:
        """Return the row as a query, empty where this worker no longer holds it: every
        write starts from it.
        """
        jobs: models.Manager[Self] = type(self)._default_manager
        return jobs.filter(pk=self.pk, claim=self.claim, state=self.State.RUNNING)

    def renew(self, **progress: Any) -> bool:
        """Extend the lease, with how far the work got; False where it is lost, and the
        work is to be dropped.
        """
        until = Now() + models.Value(self.lease())
        return bool(self.claimed().update(lease_until=until, **progress))

    @property
    def is_exhausted(self) -> bool:
        """Tell whether even the last try is used up: the worker that made it died of
        it.
        """
        return self.attempts > len(self.WAITS) + 1

    def try_later(self, reason: str, *, after: float = 0.0, at_last: str = "") -> None:
        """Wait for the next try, or fail after the last one.

        after: seconds to wait at least, within the longest wait. at_last: the reason
        after the last try, where it is another.
        """
        if self.attempts > len(self.WAITS):
            self.give_up(at_last or reason)
            return
        least = min(after, max(self.WAITS))
        own = self.WAITS[max(self.attempts - 1, 0)]
        wait = timedelta(seconds=max(own, least))
        self._write(
            state=self.State.WAITING,
            claim=None,
            lease_until=None,
            next_try_at=Now() + models.Value(wait),
            last_error=reason,
        )

    def give_up(self, reason: str) -> None:
        """Fail for good."""
        self._write(
            state=self.State.FAILED,
            claim=None,
            lease_until=None,
            next_try_at=None,
            last_error=reason,
        )

    def put_back(self) -> None:
        """Return the job for another worker, at once; this try does not count."""
        self._write(
            state=self.State.WAITING,
            attempts=max(self.attempts - 1, 0),
            claim=None,
            lease_until=None,
            next_try_at=None,
        )

    @classmethod
    def afresh(cls) -> dict[str, Any]:
        """Return the fields of a job that is to be done from its beginning."""
        fresh: dict[str, Any] = {
            "state": cls.State.WAITING,
            "attempts": 0,
            "claim": None,
            "lease_until": None,
            "next_try_at": None,
            "last_error": "",
        }
        return fresh
