"""Which calls were erased, and the erasing of one."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef

from accounts.models import Organization
from conversations.models import Conversation, SearchJob, Tombstone
from conversations.models.charge import call_subject
from conversations.projection.moved_arrivals import count_again_once_committed
from conversations.recordings import received
from conversations.recordings.files import schedule_deletion_of_files

# organization, provider, external id
Call = TypeVar("Call", bound=tuple[UUID, str, str])


def erased_among(calls: Collection[Call]) -> set[Call]:
    """Return those of these calls that were erased."""
    if not calls:
        return set()
    # Most organizations never erased anything: then this is one small query.
    has_some = Exists(Tombstone.objects.filter(organization=OuterRef("pk")))
    organizations = Organization.objects.filter(has_some).in_bulk(
        {organization_id for organization_id, _, _ in calls}
    )
    subjects = {
        (organization_id, call_subject(organization, provider, external_id)): call
        for call in calls
        for organization_id, provider, external_id in [call]
        if (organization := organizations.get(organization_id))
    }
    if not subjects:
        return set()
    found = Tombstone.objects.filter(
        organization__in=organizations, subject__in=[one for _, one in subjects]
    ).values_list("organization_id", "subject")
    return {
        subjects[organization_id, bytes(subject)]
        for organization_id, subject in found
        if (organization_id, bytes(subject)) in subjects
    }


def erase_rows(conversation: Conversation) -> None:
    """Delete a conversation for good and leave its tombstone, inside the caller's
    transaction.

    Raises:
        Conversation.DoesNotExist: another process has erased it.
    """
    # Whoever writes it now ends first; whoever comes after finds the tombstone.
    row = (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("organization")
        .get(pk=conversation.pk)
    )
    subject = call_subject(row.organization, row.provider, row.external_id)
    Tombstone.objects.get_or_create(organization=row.organization, subject=subject)
    schedule_deletion_of_files(row)
    received.let_go_of_call(row)
    # The others go when they are worked off; one that was given up would stay.
    SearchJob.objects.filter(conversation_id=row.pk, attempts__gt=0).delete()
    count_again_once_committed({row.agent_id})
    row.delete()


# Held shared by whoever writes to the log about a call without a conversation's lock.
_LOCK = "SELECT pg_advisory_xact_lock{shared}(hashtextextended(%s, %s))"
_SPACE = 0x7A656C746F  # apart from other advisory locks


def lock_call_id(organization_id: UUID, external_id: str, *, shared: bool) -> None:
    """Lock a call's id until the end of the transaction.

    An erasure of this id waits for those who hold it shared, and they for the erasure.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK.format(shared="_shared" if shared else ""),
            [f"{organization_id} {external_id}", _SPACE],
        )
