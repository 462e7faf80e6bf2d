"""Erasing a conversation for good, with all that the log has of it."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now

from accounts import audit
from accounts.models import ApiKey, AuditAction, User
from conversations.models import Conversation
from conversations.tombstones import bury, lock_call_id
from integrations.job_rows import ERASED
from integrations.models import Delivery

logger = logging.getLogger(__name__)

Outcome = Delivery.Outcome


def erase_conversation(
    *, conversation: Conversation, by: User | None, key: ApiKey | None = None
) -> None:
    """Deletes it and empties all its deliveries, in one transaction. Nothing brings it
    back: what is posted under its id from now on is ignored.

    1. Refusals of its id, which hold no conversation's lock, end or wait.
    2. So does the worker that writes it; the tombstone stands before it goes on.
    3. What is in the log is emptied. What is added meanwhile finds the tombstone.

    key: whose program asked for it, where no person did.
    Raises `Conversation.DoesNotExist` where somebody was quicker.
    """
    with transaction.atomic(durable=True):
        lock_call_id(
            conversation.organization_id, conversation.external_id, shared=False
        )
        bury(conversation)
        emptied = _empty_deliveries(conversation)
        audit.record(
            organization=conversation.organization,
            by=by,
            key=key,
            action=AuditAction.CONVERSATION_ERASED,
            subject=conversation.external_id,
            detail={"deliveries": emptied},
        )
    logger.info(
        "User %s erased a conversation with %s deliveries",
        by.pk if by else "-",
        emptied,
    )


def _empty_deliveries(conversation: Conversation) -> int:
    """Who posted when under which id stays, as does how it was answered. One
    statement: a post that arrives between two would be half of it."""
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
