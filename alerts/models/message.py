"""Messages to channels as jobs, and each attempt to send one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, ClassVar, Self
from uuid import uuid4

from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import LeasedJob, Organization
from alerts.models.channel import Channel
from alerts.models.issue import Issue

_ONE_CLAIM_AT_A_TIME = (
    "SELECT pg_advisory_xact_lock(hashtextextended('alerts.messages', 0))"
)


class MessageQuerySet(models.QuerySet["Message"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Message(LeasedJob):
    """The job of telling one channel one thing; there before the first try.

    Written in the transaction that changes what it tells, so there is exactly one.
    """

    # Over a day: 10 s, 1, 5 and 30 minutes, 2, 6, 12 hours.
    WAITS = (10, 60, 300, 1800, 7200, 21_600, 43_200)
    # Longer than the slowest try: a second one meanwhile would tell it twice.
    LEASE = timedelta(minutes=2)
    ORGANIZATION = "organization_id"

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, db_index=False, related_name="messages"
    )
    # `issue.opened`, `issue.resolved`, `issues.storm`, `conversation.created`,
    # `summary.weekly`, `test` and so on.
    event = models.CharField(max_length=40)
    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    # What it is about, so that the same is never told twice.
    about = models.CharField(max_length=200)
    # What it says, as of its making; its kind of event has the shape.
    content = models.JSONField(default=dict)
    # Not before then: quiet hours, days off.
    held_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    objects: ClassVar[MessageQuerySet] = MessageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["channel", "about"], name="message_told_once"
            ),
        )
        indexes = (
            # As claims order them: the first that is due ends the search.
            models.Index(
                models.F("next_try_at").asc(nulls_first=True),
                "id",
                name="message_first_due",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
            # Which channels are busy: each claim asks.
            models.Index(
                fields=["channel"],
                name="message_running",
                condition=models.Q(state="running"),
            ),
            models.Index(fields=["channel", "id"], name="message_of_channel"),
            models.Index(fields=["organization", "id"], name="message_newest"),
            models.Index(
                fields=["issue"],
                name="message_of_issue",
                condition=models.Q(issue__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} to {self.channel_id}"

    @classmethod
    def _due(cls, lease: timedelta) -> models.QuerySet[Self]:
        """Return what may be sent: nothing that is held, one at a time of a channel, and
        of an issue in order.
        """
        now: Any = Now()
        messages: Any = cls._default_manager
        busy = messages.filter(
            state=cls.State.RUNNING,
            lease_until__gte=now,
            lease_until__lte=now + models.Value(lease),
        )
        earlier = messages.filter(
            channel=models.OuterRef("channel"),
            issue=models.OuterRef("issue"),
            pk__lt=models.OuterRef("pk"),
            state__in=[cls.State.WAITING, cls.State.RUNNING],
        )
        return (
            super()
            ._due(lease)
            .exclude(held_until__gt=now)
            .exclude(channel__in=busy.values("channel"))
            # Of one that is about no issue, Postgres is not to look for any.
            .filter(models.Q(issue=None) | ~models.Exists(earlier))
        )

    @classmethod
    def claim_more(
        cls, channel: Channel, events: Collection[str], most: int
    ) -> list[Self]:
        """Claim what is due of a channel, at most so many of these events at once; none
        where another worker is at the channel.
        """
        claim = uuid4()
        own: Any = cls._default_manager.filter(channel=channel)
        due = own.filter(
            event__in=events,
            state=cls.State.WAITING,
            next_try_at__lte=Now(),
            # One that is used up is claimed alone, and given up.
            attempts__lte=len(cls.WAITS),
        ).order_by("next_try_at", "pk")
        with transaction.atomic(durable=True):
            locked = list(cls._lock(due.only("pk"))[:most])
            if own.filter(state=cls.State.RUNNING, lease_until__gte=Now()).exists():
                return []
            own.filter(pk__in=[one.pk for one in locked]).update(
                state=cls.State.RUNNING,
                attempts=models.F("attempts") + 1,
                claim=claim,
                lease_until=Now() + models.Value(cls.lease()),
                next_try_at=None,
            )
        claimed = own.filter(claim=claim).order_by("pk")
        return list(claimed.select_related("channel__organization"))

    @classmethod
    def as_sent(cls) -> dict[str, Any]:
        """Return the fields of one that was taken."""
        return cls._over(sent_at=Now(), last_error="")

    @classmethod
    def _lock(cls, due: models.QuerySet[Self]) -> models.QuerySet[Self]:
        """Claim one after the other: two at once would each see the channel idle."""
        with connection.cursor() as cursor:
            cursor.execute(_ONE_CLAIM_AT_A_TIME)
        return super()._lock(due)

    def mark_sent(self) -> None:
        """Note that it was taken."""
        self._write(**self.as_sent())

    def drop(self, reason: str) -> None:
        """Note that it needs not be sent any more."""
        self._write(**self._over(last_error=reason))

    @classmethod
    def _over(cls, **changes: Any) -> dict[str, Any]:
        over = {"claim": None, "lease_until": None, "next_try_at": None}
        return {"state": cls.State.DONE, **over, **changes}


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Attempt(models.Model):
    """One try to send a message: what was answered, and when the next one is."""

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, db_index=False, related_name="tries"
    )
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, db_index=False, related_name="tries"
    )
    number = models.PositiveSmallIntegerField()
    was_taken = models.BooleanField()
    # Of HTTP or SMTP; null where none came.
    status = models.PositiveSmallIntegerField(null=True)
    # The beginning of the answer, without secrets.
    answer = models.CharField(max_length=500, blank=True)
    # A sentence, where it was not taken.
    reason = models.TextField(blank=True)
    seconds = models.FloatField()
    next_try_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[AttemptQuerySet] = AttemptQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["channel", "id"], name="attempt_of_channel"),
            models.Index(fields=["message", "id"], name="attempt_of_message"),
        )

    def __str__(self) -> str:
        return f"Attempt {self.number} of {self.message_id}"
