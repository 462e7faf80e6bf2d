"""Processing a delivery again at the request of a program."""

from __future__ import annotations

from uuid import UUID

from api.caller import Caller
from api.deliveries import Delivery, find_delivery, resource_of
from integrations.problems import Refusal
from integrations.processing.replay import (
    NothingToReplay,
    StillRefused,
    replay_delivery,
)


def replay(caller: Caller, delivery_id: UUID, provider: str | None) -> Delivery:
    """Process a delivery again, and return the one that stands for it from now on.

    Raises:
        Refusal: 409 where there is nothing to replay, 422 where the body still does not
            fit, 400 where its provider is to be named.
        Http404: the organization has no such delivery.
    """
    row = find_delivery(caller.organization, delivery_id)
    try:
        replayed = replay_delivery(
            delivery=row, by=None, key=caller.key, provider=provider
        )
    except NothingToReplay as nothing:
        raise Refusal(409, str(nothing)) from nothing
    except StillRefused as refused:
        if not (row.provider or provider):
            fault = {"path": "provider", "detail": "is required for this one"}
            raise Refusal(400, refused.detail, errors=(fault,)) from refused
        raise Refusal(422, refused.detail, errors=refused.errors) from refused
    return resource_of(replayed)
