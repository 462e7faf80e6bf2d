"""Replay: processing one delivery again, whatever its outcome."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.audit import record
from accounts.models import ApiKey, AuditAction, User
from conversations.models import Agent, Provider
from conversations.projection.call_agents import UnknownAgent
from conversations.projection.logged_update import CallKey
from integrations import providers, request_body
from integrations.delivery_log.read import Reader, Unreadable
from integrations.models import Delivery
from integrations.problems import UNKNOWN_AGENT, Refusal, as_json, validation_refusal
from integrations.processing import rebuild
from integrations.processing.by_call import BODY_GONE
from integrations.providers import Reading
from integrations.worker_wakeup import wake_worker
from web.database_clock import database_now

logger = logging.getLogger(__name__)

Outcome = Delivery.Outcome

UPLOAD_AGAIN = "The file of a refused upload is not kept. Upload it again."


class NothingToReplay(Exception):
    """There is no body any more, or none that may be used; says why in a sentence."""


@dataclass(eq=False)
class StillRefused(Exception):
    """The body still does not fit; holds the answer that the webhook would give.

    status: of HTTP. errors: `{"path", "detail"}` of each field at fault.
    """

    status: int
    detail: str
    errors: tuple[dict[str, str], ...] = ()


def replay_delivery(
    *,
    delivery: Delivery,
    by: User | None,
    key: ApiKey | None = None,
    provider: str | None = None,
) -> Delivery:
    """Process a delivery again, and return the delivery that now has its body: itself,
    or for a refused one a new one. A worker does what takes a while (`is_replayed`).

    by: the person who asked for it; None where a program did, with `key`.
    provider: whose shape a refused body has, where not the one in the log.

    Raises:
        NothingToReplay: there is no body that may be used.
        StillRefused: the body does not fit now either.
    """
    # What the caller holds may be old, and without its body.
    delivery = Delivery.objects.get(sequence=delivery.sequence)
    waits = delivery.outcome == Outcome.ACCEPTED and delivery.body is not None
    if waits or delivery.is_replayed:
        wake_worker()
        return delivery
    with transaction.atomic():
        replayed = _replayed(delivery, provider)
        record(
            organization=delivery.organization,
            by=by,
            key=key,
            action=AuditAction.DELIVERY_REPLAYED,
            subject=delivery.name,
            detail={"id": str(delivery.uuid)},
        )
    logger.info(
        "Delivery %s was replayed by user %s", delivery.sequence, by.pk if by else "-"
    )
    if replayed.outcome == Outcome.ACCEPTED or replayed.is_replayed:
        wake_worker()
    return replayed


def _replayed(delivery: Delivery, provider: str | None) -> Delivery:
    if delivery.body is None:
        raise NothingToReplay("Its body is gone: erased, expired or never kept.")
    if delivery.outcome == Outcome.IGNORED:
        raise NothingToReplay("It was ignored, and would be again.")
    if delivery.outcome == Outcome.REJECTED:
        if delivery.provider == Provider.UPLOAD:
            raise NothingToReplay(UPLOAD_AGAIN)
        return _store_again(delivery, provider)
    if delivery.outcome == Outcome.PROCESSED:
        _fold_again(delivery)
    else:
        _try_again(delivery)
    return delivery


def _fold_again(delivery: Delivery) -> None:
    """Fold the call of a processed delivery again, or where it is large, have a worker do
    it.

    Raises:
        NothingToReplay: another body of the call is gone.
        StillRefused: a body no longer reads as a call.
    """
    call = CallKey(delivery.organization_id, delivery.provider, delivery.external_id)
    reader = Reader()
    if reader.is_large(call):
        if not reader.is_whole(call):
            raise NothingToReplay(BODY_GONE)
        _leave_to_worker(delivery)
        return
    try:
        if not rebuild.rebuild_conversations([call]):
            raise NothingToReplay(BODY_GONE)
    except (Unreadable, UnknownAgent) as error:
        raise StillRefused(422, f"Its call cannot be read again: {error}") from error


def _leave_to_worker(delivery: Delivery) -> None:
    processed = Delivery.objects.filter(
        sequence=delivery.sequence, outcome=Outcome.PROCESSED, body__isnull=False
    )
    processed.update(attempts=0, lease_until=None, next_try_at=Now(), last_error="")
    delivery.refresh_from_db()


def _try_again(delivery: Delivery) -> None:
    """Give a failed delivery all its tries again, unless somebody else just did."""
    failed = Delivery.objects.filter(
        sequence=delivery.sequence, outcome=Outcome.FAILED, body__isnull=False
    )
    failed.update(
        outcome=Outcome.ACCEPTED,
        reason=_first_reason(delivery.replay_of),
        attempts=0,
        lease_until=None,
        next_try_at=None,
        processed_at=None,
    )
    delivery.refresh_from_db()


def _store_again(delivery: Delivery, provider: str | None) -> Delivery:
    """Return a new delivery beside the refused one, whose facts never change.

    Raises:
        StillRefused: the body does not fit now either.
    """
    try:
        provider = _known(provider or delivery.provider)
        reading = _read(delivery, provider)
    except request_body.BodyFault as fault:
        raise StillRefused(fault.status, fault.detail) from fault
    except Refusal as refusal:
        raise StillRefused(refusal.status, refusal.detail, refusal.errors) from refusal
    return Delivery.objects.create(
        organization_id=delivery.organization_id,
        key_id=delivery.key_id,
        received_at=database_now(),
        provider=provider,
        agent_reference=reading.agent_reference or "",
        external_id=reading.call_external_id or "",
        status=200,
        outcome=Outcome.ACCEPTED,
        reason=_first_reason(delivery.uuid),
        replay_of=delivery.uuid,
        warnings=[as_json(fault) for fault in reading.warnings],
        size=delivery.size,
        user_agent=delivery.user_agent,
        request_id=delivery.request_id,
        body=delivery.body,
    )


def _first_reason(replay_of: UUID | None) -> str:
    """Return the reason of a replay, for people; a failure is appended to it later."""
    return f"Replay of {replay_of}." if replay_of else ""


def _known(provider: str) -> str:
    if not provider:
        known = ", ".join(sorted(providers.PROVIDERS))
        raise Refusal(
            400, f"Name the provider that its header did not: one of {known}."
        )
    return request_body.known_provider(provider)


def _read(delivery: Delivery, provider: str) -> Reading:
    reading = providers.read(provider, request_body.parse(bytes(delivery.body or b"")))
    if reading.update is None:
        raise validation_refusal(reading.errors)
    agents = Agent.objects.filter(organization_id=delivery.organization_id)
    agent_id = reading.update.agent.id
    if agent_id is not None and not agents.filter(id=agent_id).exists():
        raise validation_refusal([UNKNOWN_AGENT])
    return reading
