"""What a worker may know of a session that it posted itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from django.db.models import Value
from django.db.models.functions import Now

from accounts.models import ApiKey
from conversations.models import Provider
from integrations.models import Delivery

CallState = Literal["arrived", "processing", "failed", "unknown"]

TOLD_FOR = timedelta(hours=1)
_STATES: dict[str, CallState] = {
    Delivery.Outcome.ACCEPTED: "processing",
    Delivery.Outcome.PROCESSED: "arrived",
    Delivery.Outcome.FAILED: "failed",
    Delivery.Outcome.REJECTED: "failed",
}


def state_of_call(key: ApiKey, external_id: str) -> CallState:
    """Return what became of the newest post of a session that this key posted within
    `TOLD_FOR`; `unknown` for any other, which tells nothing of who else posted it.
    """
    posted = Delivery.objects.bringing_sessions().filter(
        organization=key.organization_id,
        provider__in=Provider.values,
        external_id=external_id,
        key=key,
        received_at__gt=Now() - Value(TOLD_FOR),
    )
    outcome = posted.newest_first().values_list("outcome", flat=True).first()
    return _STATES.get(outcome or "", "unknown")
