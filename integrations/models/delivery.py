"""The delivery log: its table, and the filters by which it is read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import ApiKey, Organization
from conversations.models import Conversation
from conversations.providers import label_of
from integrations.models.delivery_choices import DeliveryOutcome, DeliverySource

# A larger one is worked on by itself, with others of its call: bytes.
MAX_BATCHED_BYTES = 128 * 1024


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """The filters and orders by which deliveries are read."""

    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def newest_first(self) -> Self:
        return self.order_by("-sequence")

    def refused(self) -> Self:
        """Return those that were rejected at once or failed later."""
        return self.filter(
            outcome__in=[Delivery.Outcome.REJECTED, Delivery.Outcome.FAILED]
        )

    def later_than(self, moment: datetime) -> Self:
        """Return those that arrived after `moment`; of a folded row, the last post."""
        return self.filter(
            models.Q(received_at__gt=moment) | models.Q(last_received_at__gt=moment)
        )

    def waiting(self) -> Self:
        """Return those that a worker has yet to process."""
        return self.filter(outcome=Delivery.Outcome.ACCEPTED)

    def bringing_sessions(self) -> Self:
        """Return those that a conversation is made of: neither audio that came for a call,
        nor what Zelto itself adds."""
        Source = Delivery.Source
        others = [Source.RECORDING, Source.TRANSCRIPTION, Source.LIVEKIT_EVENTS]
        return self.exclude(source__in=others)

    def from_workers(self) -> Self:
        """Return those that came with a key, so none that Zelto itself made."""
        return self.filter(key__isnull=False)

    def newest_waiting(self) -> datetime | None:
        """Return when the newest that waits for a worker arrived; None for none."""
        arrivals = self.waiting().newest_first().values_list("received_at", flat=True)
        return arrivals.first()

    def without_bodies(self) -> Self:
        """Return them with bodies left unread, for lists: a body may be megabytes."""
        return self.defer("body")

    def knowing_bodies(self) -> Self:
        """Return them with `has_body`, for where the body itself is not read."""
        there = models.Q(body__isnull=False)
        return self.annotate(
            has_body=models.ExpressionWrapper(there, models.BooleanField())
        )

    def for_list(self) -> Self:
        """Return them newest first with their keys, without bodies."""
        return self.newest_first().select_related("key").without_bodies()

    def posted_to(self, provider: str) -> Self:
        """Return those of this provider, and those that name one that is not known."""
        return self.filter(provider__in=[provider, ""])

    def of_call(self, conversation: Conversation) -> Self:
        """Return the deliveries of a conversation's call."""
        return self.filter(
            organization_id=conversation.organization_id,
            provider=conversation.provider,
            external_id=conversation.external_id,
        )

    def possibly_of_call(self, conversation: Conversation) -> Self:
        """Return the deliveries of a conversation's call, and those with its id that
        name no known provider."""
        return self.filter(
            organization_id=conversation.organization_id,
            provider__in=[conversation.provider, ""],
            external_id=conversation.external_id,
        )

    def naming(self, references: Iterable[tuple[str, str]]) -> Self:
        """Return those of one agent.

        references: (provider, id) by which deliveries name it.
        """
        about = models.Q(pk=None)
        for provider, reference in references:
            about |= models.Q(provider=provider, agent_reference=reference)
        return self.filter(about)


class Delivery(models.Model):
    """One POST as it arrived, with what became of it. Also the job: a worker claims
    the row, and what a message or a broker loses is found here.

    All is ordered by `sequence`, never by a clock.
    """

    Outcome = DeliveryOutcome
    Source = DeliverySource

    sequence = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(unique=True, default=time_ordered_uuid, editable=False)
    # No database constraint on what every POST refers to: each would lock the same
    # organization and key rows.
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    key = models.ForeignKey(
        ApiKey,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    received_at = models.DateTimeField(default=timezone.now)
    provider = models.CharField(max_length=32, blank=True)
    agent_reference = models.CharField(max_length=255, blank=True)
    external_id = models.CharField(max_length=255, blank=True)
    status = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    reason = models.TextField(blank=True)
    errors = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=1)
    # When the last of `count` came; null where it is one. Not in any index, so that
    # counting stays cheap.
    last_received_at = models.DateTimeField(null=True)
    size = models.PositiveIntegerField(default=0)
    user_agent = models.CharField(max_length=255, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    # As received, decompressed; null where none was kept.
    body = models.BinaryField(null=True)
    # The database's own default: the webhook's statement does not name it.
    source = models.CharField(
        max_length=16, choices=Source.choices, default=Source.POST, db_default="post"
    )
    # What the package for LiveKit workers says of its worker; null for other senders. The
    # host may be empty.
    worker_host = models.CharField(max_length=255, null=True, editable=False)  # noqa: DJ001
    outbox_waiting = models.IntegerField(null=True, editable=False)
    outbox_refused = models.IntegerField(null=True, editable=False)
    # Which refused delivery it was made from. Its row may go before this one does.
    replay_of = models.UUIDField(null=True, editable=False)
    # Refusals of one kind in one minute share a row.
    fold_key = models.CharField(max_length=255, null=True, editable=False)  # noqa: DJ001

    # Bytes that a refusal was counted as when it came, for the bound of its
    # organization. Null for others.
    kept_bytes = models.PositiveIntegerField(null=True, editable=False)

    # The job.
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    processed_at = models.DateTimeField(null=True)
    # Erasing empties it through the index by call; looking for it here would read the
    # whole log.
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )

    # Only of `knowing_bodies`.
    has_body: bool

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (
            # A refusal of the same kind in the same minute adds to the count. Partial,
            # so that what is accepted need not be entered here.
            models.UniqueConstraint(
                fields=["fold_key"],
                condition=models.Q(fold_key__isnull=False),
                name="delivery_fold_once",
            ),
        )
        indexes = (
            # The log of an organization.
            models.Index(fields=["organization", "-sequence"], name="delivery_log"),
            # All deliveries of one call: folding again, its panel, erasing.
            models.Index(
                fields=["organization", "provider", "external_id", "sequence"],
                name="delivery_by_call",
            ),
            # All that waits, for the metrics: hot and small.
            models.Index(
                fields=["sequence"],
                name="delivery_waiting",
                condition=models.Q(outcome="accepted"),
            ),
            # What a worker claims in batches, in turns by organization.
            models.Index(
                fields=["organization", "sequence"],
                name="delivery_batched",
                condition=models.Q(outcome="accepted", size__lte=MAX_BATCHED_BYTES)
                & models.Q(attempts=0, next_try_at__isnull=True),
            ),
            # What it claims call by call: what is large, was tried or deferred, and
            # calls that somebody asked to have folded again.
            models.Index(
                fields=["organization", "sequence"],
                name="delivery_apart",
                condition=models.Q(
                    models.Q(attempts__gt=0)
                    | models.Q(next_try_at__isnull=False)
                    | models.Q(size__gt=MAX_BATCHED_BYTES),
                    outcome="accepted",
                )
                | models.Q(outcome="processed", next_try_at__isnull=False),
            ),
            # What needs a look, of an agent.
            models.Index(
                fields=["organization", "provider", "agent_reference", "-sequence"],
                name="delivery_refused",
                condition=models.Q(outcome__in=["rejected", "failed"]),
            ),
            # What did not become a conversation, newest first: the log narrowed to it,
            # the refusals since the last session. No accepted post writes here.
            models.Index(
                fields=["organization", "-sequence"],
                name="delivery_not_taken",
                condition=models.Q(outcome__in=["rejected", "failed", "ignored"]),
            ),
            # Retention: the oldest bodies that may go, and the oldest refusals.
            models.Index(
                fields=["received_at"],
                name="delivery_body_age",
                condition=models.Q(outcome__in=["processed", "ignored", "failed"])
                & models.Q(body__isnull=False),
            ),
            # What the refusals of an organization take, newest first.
            models.Index(
                fields=["organization", "-sequence"],
                include=["kept_bytes"],
                name="delivery_refused_bytes",
                condition=models.Q(outcome="rejected"),
            ),
            models.Index(
                fields=["received_at"],
                name="delivery_refusal_age",
                condition=models.Q(outcome="rejected"),
            ),
            # Of what no conversation could be made, by its age: few.
            models.Index(
                fields=["received_at"],
                name="delivery_failed_age",
                condition=models.Q(outcome="failed"),
            ),
        )

    def __str__(self) -> str:
        return f"Delivery {self.sequence} ({self.outcome})"

    @property
    def name(self) -> str:
        """Return the id of its call, or words for one that could not be read."""
        return self.external_id or "a call that was not read"

    @property
    def provider_name(self) -> str:
        """Return the provider as pages name it; empty for an unknown one."""
        return label_of(self.provider)

    @property
    def sender(self) -> str:
        """Return who sent it, where no key did, as pages say it."""
        if self.source == Delivery.Source.POST:
            return "Zelto itself"
        return str(Delivery.Source(self.source).label)

    @property
    def version(self) -> str:
        """Return a text that changes with all that a list shows of the row."""
        return f"{self.outcome} {self.count} {self.attempts} {len(self.warnings)}"

    @property
    def is_replayed(self) -> bool:
        """Tell whether a worker has yet to fold its call again, as somebody asked."""
        return self.outcome == self.Outcome.PROCESSED and self.next_try_at is not None

    @property
    def newest_at(self) -> datetime:
        """Return when the post arrived; of a folded row, the last one."""
        return self.last_received_at or self.received_at
