"""What is written of an organization's recording store, with its audit entries."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditAction, Organization, User
from conversations.models import RecordingStore


def save_store(*, store: RecordingStore, secret: str, by: User) -> None:
    """Store it, with another secret where one is given."""
    if secret:
        store.secret = secret
    store.updated_at = timezone.now()
    with transaction.atomic():
        store.save()
        audit.record(
            organization=store.organization,
            by=by,
            action=AuditAction.RECORDING_STORE_SET,
            subject=str(store),
            detail={"access_key": store.access_key},
        )


def remove_store(*, organization: Organization, by: User) -> None:
    """Forget it with its secret; recordings that were fetched stay."""
    with transaction.atomic():
        rows = RecordingStore.objects.filter(organization=organization)
        store = rows.select_for_update().first()
        if store is None:
            return
        audit.record(
            organization=organization,
            by=by,
            action=AuditAction.RECORDING_STORE_REMOVED,
            subject=str(store),
        )
        store.delete()
