"""Charging calls, each once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from accounts.models import Organization
from conversations import bulk_write
from conversations.models import Charge
from conversations.models.charge import call_subject
from conversations.projection.logged_update import CallKey
from conversations.projection.result import ProjectionResult


def charge_calls(stored: Mapping[CallKey, ProjectionResult]) -> None:
    """Charge calls that are no tests: one call is one charge, ever, since the
    constraint ignores what is charged already.
    """
    real = [
        (key, one.conversation)
        for key, one in stored.items()
        if not one.conversation.is_test
    ]
    organizations = Organization.objects.in_bulk(
        {key.organization_id for key, _ in real}
    )
    bulk_write.insert_missing(
        [
            Charge(
                organization_id=key.organization_id,
                meter=Charge.Meter.CALLS,
                subject=call_subject(
                    organizations[key.organization_id], key.provider, key.external_id
                ),
                quantity=Decimal(1),
                charged_at=row.created_at,
            )
            for key, row in real
        ],
        unique=["organization_id", "meter", "subject"],
    )
