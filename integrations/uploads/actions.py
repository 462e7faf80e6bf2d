"""Uploads by people, from the form of the conversations page."""

from __future__ import annotations

from pathlib import Path

from accounts.models import Organization, User
from conversations.models import Conversation
from integrations.delivery_log.append import Arrival
from integrations.models import Delivery
from integrations.providers import Reading
from integrations.uploads.take import PROVIDER, take_upload


def upload_recording(
    *, organization: Organization, by: User, call: bytes, path: Path
) -> Conversation:
    """Upload a recording as a program does with `POST /v1/conversations`.

    call: the body of its call, JSON in UTF-8. path: the audio file.

    Raises:
        Refusal: the call or the file is not taken, or cannot be stored just now.
    """
    arrival = Arrival(
        organization_id=organization.pk,
        key_id=None,
        request_id="",
        user_agent=f"Uploaded by {by.display_name}"[:255],
        provider=PROVIDER,
        size=len(call),
        body=call,
    )
    return take_upload(arrival, path, append=_append).conversation


def _append(arrival: Arrival, _reading: Reading) -> int:
    delivery = Delivery.objects.create(
        organization_id=arrival.organization_id,
        provider=arrival.provider,
        agent_reference=arrival.agent_reference,
        external_id=arrival.external_id,
        status=200,
        outcome=Delivery.Outcome.ACCEPTED,
        source=Delivery.Source.FORM,
        warnings=list(arrival.warnings),
        size=arrival.size,
        user_agent=arrival.user_agent,
        body=arrival.body,
    )
    return delivery.sequence
