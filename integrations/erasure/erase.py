"""Erasing a conversation for good, with all that the log has of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import OperationalError, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now

from accounts import audit
from accounts.models import ApiKey, AuditAction, User
from conversations.models import Conversation
from conversations.projection.erased_calls import erase_rows, lock_call_id
from integrations.delivery_log.jobs import ERASED
from integrations.erasure.others import erase_others
from integrations.livekit_events.erasure import erase_told
from integrations.models import Delivery
from web.database_errors import is_held

logger = logging.getLogger(__name__)

Outcome = Delivery.Outcome
# Somebody waits for the page, which lists what is left by then to try it again.
MAX_BULK_SECONDS = 20.0


class BeingWritten(Exception):
    """Somebody holds the conversation for longer than a lock is waited for."""


def erase_conversation(
    *, conversation: Conversation, by: User | None, key: ApiKey | None = None
) -> None:
    """Delete a conversation and empty all its deliveries, in one transaction. Nothing
    restores it: what is posted under its id from now on is ignored.

    1. Refusals of its id, which hold no conversation's lock, end or wait.
    2. So does the worker that writes it; the tombstone is there before it goes on.
    3. What is in the log is emptied. What is added meanwhile finds the tombstone.

    key: whose program asked for it, where no person did.

    Raises:
        Conversation.DoesNotExist: somebody else has erased it meanwhile.
        BeingWritten: somebody holds it for longer than a lock is waited for; nothing of
            it was erased.
        OperationalError: of the database, for any other reason.
    """
    try:
        emptied = _erase(conversation, by, key)
    except OperationalError as error:
        if is_held(error):
            raise BeingWritten(conversation.external_id) from error
        raise
    logger.info(
        "User %s erased a conversation with %s deliveries",
        by.pk if by else "-",
        emptied,
    )


def _erase(conversation: Conversation, by: User | None, key: ApiKey | None) -> int:
    with transaction.atomic(durable=True):
        lock_call_id(
            conversation.organization_id, conversation.external_id, shared=False
        )
        erase_told(conversation)
        erase_others(conversation)
        erase_rows(conversation)
        emptied = _empty_deliveries(conversation)
        audit.record(
            organization=conversation.organization,
            by=by,
            key=key,
            action=AuditAction.CONVERSATION_ERASED,
            subject=conversation.external_id,
            detail={"deliveries": emptied},
        )
    return emptied


@dataclass(slots=True)
class Erased:
    """What came of erasing many.

    count: how many are gone, those included that somebody else erased meanwhile.
    left: the others.
    """

    count: int = 0
    left: list[Conversation] = field(default_factory=list)


def erase_conversations(*, conversations: Iterable[Conversation], by: User) -> Erased:
    """Erase each as `erase_conversation` does; begin none after `MAX_BULK_SECONDS`.

    Each has a transaction and an entry in the audit log of its own: what is erased
    stays so, whatever happens to the rest.
    """
    erased = Erased()
    give_up_at = time.monotonic() + MAX_BULK_SECONDS
    for conversation in conversations:
        if time.monotonic() > give_up_at or not _was_erased(conversation, by=by):
            erased.left.append(conversation)
        else:
            erased.count += 1
    return erased


def _was_erased(conversation: Conversation, *, by: User) -> bool:
    """Erase it, and return whether it is gone: not where somebody holds its row."""
    try:
        erase_conversation(conversation=conversation, by=by)
    except Conversation.DoesNotExist:
        return True  # somebody else has erased it meanwhile
    except BeingWritten:
        return False
    return True


def _empty_deliveries(conversation: Conversation) -> int:
    """Empty what the log has of the call, and return of how many deliveries. Who posted
    when under which id stays, as does how it was answered.

    One statement: a post that arrives between two would be emptied in part.
    """
    return Delivery.objects.possibly_of_call(conversation).update(
        outcome=Case(
            When(outcome=Outcome.ACCEPTED, then=Value(Outcome.IGNORED)),
            default=F("outcome"),
        ),
        processed_at=Case(
            When(outcome=Outcome.ACCEPTED, then=Now()), default=F("processed_at")
        ),
        reason=ERASED,
        errors=[],
        warnings=[],
        body=None,
        last_error="",
        lease_until=None,
        next_try_at=None,
        conversation=None,
    )
