"""When a replayed delivery arrived."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Organization
from integrations.processing.replay import replay_delivery
from tests.integrations.conftest import session
from tests.integrations.processing.test_replay import refused

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_refused_one_arrives_again_by_the_databases_clock(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = refused(organization, session())
    wrong = timezone.now() - timedelta(days=9)
    monkeypatch.setattr(timezone, "now", lambda: wrong)
    again = replay_delivery(delivery=delivery, by=None)
    assert again.pk != delivery.pk
    assert again.received_at > wrong + timedelta(days=8)
