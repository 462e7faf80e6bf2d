"""Who opened which raw body, in the audit log: the same for people and programs."""

from __future__ import annotations

from accounts import audit
from accounts.models import ApiKey, AuditAction, Organization, User
from integrations.models import Delivery


def record_body_opening(
    *,
    organization: Organization,
    delivery: Delivery,
    by: User | None,
    key: ApiKey | None = None,
) -> None:
    """Note that this reader got the body, once an hour; nothing where there is none.

    key: with which a program asked for it, where no person did.
    """
    if delivery.body is None:
        return
    audit.record_opening(
        organization=organization,
        by=by,
        key=key,
        action=AuditAction.BODY_OPENED,
        subject=delivery.name,
        detail={"id": str(delivery.uuid)},
    )
