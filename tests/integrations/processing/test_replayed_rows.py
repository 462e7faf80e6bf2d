"""What the row of a delivery says that is processed again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Organization
from conversations.models import Conversation
from integrations.models import Delivery
from integrations.processing.replay import replay_delivery
from tests.integrations.conftest import Post, session
from tests.integrations.processing.test_replay import Process, refused

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


def test_processing_again_says_no_warning_twice(post: Post, process: Process) -> None:
    post(session(unknown=1))
    post(session(), **{"X-Zelto-Provider": "livekit"})
    process()
    in_order = Delivery.objects.order_by("sequence")
    before = [(row.warnings, row.outcome) for row in in_order]
    assert [len(one) for one, _ in before] == [2, 1]
    Conversation.objects.all().delete()
    Delivery.objects.update(outcome="accepted", attempts=0)
    process()
    assert [(row.warnings, row.outcome) for row in in_order.all()] == before
