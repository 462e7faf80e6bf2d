"""What the settings pages write: the test session."""

from __future__ import annotations

import json

from django.utils import timezone

from accounts.models import Organization, User
from conversations.models import Provider
from integrations.models import Delivery
from integrations.settings_pages import sample_session
from integrations.worker_wakeup import wake_worker


def send_test_session(
    *, organization: Organization, by: User, provider: Provider = Provider.LIVEKIT
) -> Delivery:
    """Append a made-up session to the log as if it was posted; return its row."""
    payload = sample_session.build(ended_at=timezone.now(), sent_by=by.display_name)
    body = json.dumps(payload, ensure_ascii=False).encode()
    delivery = Delivery.objects.create(
        organization=organization,
        provider=provider,
        agent_reference=sample_session.AGENT_REFERENCE,
        external_id=payload["call"]["externalId"],
        status=200,
        outcome=Delivery.Outcome.ACCEPTED,
        size=len(body),
        user_agent="Zelto test session",
        body=body,
    )
    wake_worker()
    return delivery
