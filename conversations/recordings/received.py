"""Audio that came with an upload: in the storage as it came, until the worker has read
it and made it the recording of its conversation.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.core.files import File
from django.db.models import Value
from django.db.models.functions import Now

from accounts.models import Organization
from conversations.models import Conversation, UnusedFile
from conversations.models.charge import call_subject
from conversations.recordings import files

PREFIX = files.RECEIVED
# Until then a worker has read it, whatever was broken; then it goes.
KEPT = timedelta(days=14)


class NotThere(Exception):
    """The file is no longer in the storage."""


def keep(organization_id: UUID, path: Path, *, provider: str, external_id: str) -> str:
    """Store a file that came for a call as it is, and return its name in the storage.

    Raises:
        TimeoutError: writing took over an hour, or its call was erased meanwhile.
        Exception: whatever the storage raises.
    """
    organization = Organization.objects.get(pk=organization_id)
    name = f"{_beginning(organization, provider, external_id)}{uuid4()}"
    # Whoever dies while it is written leaves nothing for long.
    files.note_before_writing(name)
    with path.open("rb") as source:
        files.recordings_storage().save(name, File(source))
    # Before a delivery names it, so that none is named and gone.
    noted = UnusedFile.objects.filter(name=name, is_being_deleted=False)
    if not noted.update(delete_after=Now() + Value(KEPT)):
        # What was written since then is noted nowhere.
        files.schedule_deletion(name)
        raise TimeoutError("It was swept away while it was written.")
    return name


def received_address(name: str) -> str:
    """Return the address that a recording has of a file of the storage."""
    return PREFIX + name


def is_received(address: str) -> bool:
    """Tell whether a recording's address is a file that came with an upload."""
    return address.startswith(PREFIX)


def bring(address: str, path: Path) -> None:
    """Copy such a file to `path`.

    Raises:
        NotThere: it is gone.
        Exception: whatever the storage raises.
    """
    try:
        with (
            files.recordings_storage().open(address.removeprefix(PREFIX)) as source,
            path.open("wb") as target,
        ):
            shutil.copyfileobj(source, target)
    except FileNotFoundError:
        raise NotThere from None


def let_go(address: str) -> None:
    """Delete such a file: its audio is elsewhere now, or nobody's any more."""
    files.schedule_deletion(address.removeprefix(PREFIX))


def let_go_of_call(conversation: Conversation) -> None:
    """Delete all files that came for a call and were not read yet, in the transaction
    that erases it.
    """
    beginning = _beginning(
        conversation.organization, conversation.provider, conversation.external_id
    )
    waiting = UnusedFile.objects.filter(name__startswith=beginning)
    for name in list(waiting.values_list("name", flat=True)):
        files.schedule_deletion(name)


def _beginning(organization: Organization, provider: str, external_id: str) -> str:
    """Return how the names of a call's files begin: it does not tell which call it is."""
    subject = call_subject(organization, provider, external_id).hex()
    return f"{organization.pk}{files.RECEIVED_FOLDER}{subject}."
