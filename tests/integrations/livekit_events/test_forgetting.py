"""What is forgotten with its age, and with a conversation that is erased."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from conversations.models import Agent, Conversation
from integrations.delivery_log.retention import forget
from integrations.erasure.erase import erase_conversation
from integrations.livekit_events import event_log
from integrations.models import (
    ExpectedSession,
    LiveKitEgress,
    LiveKitEvent,
    LiveKitGap,
    LiveKitProject,
    LiveKitRoom,
)
from tests.integrations.livekit_events.livekit_server import (
    egress,
    event,
    one_call,
    written,
)

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = (LiveKitEvent, LiveKitRoom, LiveKitEgress, ExpectedSession)


@pytest.fixture
def told(project: LiveKitProject, process: Callable[[], None]) -> LiveKitProject:
    """Two calls, the first of them recorded, of an hour ago by our clock."""
    in_room = egress()
    in_room.room_id = "RM_1"
    events = [
        *one_call("AJ_one", 1),
        *one_call("AJ_two", 2),
        event("egress_ended", egress_info=in_room),
    ]
    for message in events:
        told = {"id": message.id, "event": message.event}
        event_log.store(event_log.arrived(project.id, written(message), told))
    process()
    return project


def age(days: int) -> None:
    at = timezone.now() - timedelta(days=days)
    LiveKitEvent.objects.update(received_at=at)
    for model in (LiveKitRoom, LiveKitEgress, ExpectedSession):
        model._default_manager.update(created_at=at)


def test_old_facts_and_events_are_forgotten(told: LiveKitProject) -> None:
    at = timezone.now() - timedelta(days=91)
    LiveKitGap.objects.create(project=told, began_at=at, ended_at=at, reason="away")
    age(89)
    assert forget().facts == 1
    age(91)
    forget()
    assert not any(model._default_manager.exists() for model in MODELS)
    assert LiveKitProject.objects.exists()


def test_what_waits_for_a_worker_is_kept(told: LiveKitProject) -> None:
    LiveKitEvent.objects.filter(name="room_started").update(processed_at=None)
    age(91)
    forget()
    assert LiveKitEvent.objects.count() == 2


def test_nothing_is_forgotten_where_all_is_kept(
    told: LiveKitProject, settings: Any
) -> None:
    settings.KEEP_BODIES_DAYS = 0
    age(1000)
    assert forget().facts == 0


def test_a_deleted_organization_takes_all_of_it_along(
    told: LiveKitProject, organization: Organization
) -> None:
    organization.delete()
    assert not any(model._default_manager.exists() for model in MODELS)
    assert not LiveKitProject.objects.exists()


def test_erasing_a_conversation_erases_what_was_told_of_its_caller(
    told: LiveKitProject, organization: Organization, alice: User
) -> None:
    agent = Agent.objects.create(
        organization=organization, provider="livekit", external_id="front-desk"
    )
    conversation = Conversation.objects.create(
        organization=organization,
        agent=agent,
        provider="livekit",
        external_id="AJ_one",
        applied_through=1,
    )
    session = ExpectedSession.objects.get(job_id="AJ_one")
    session.conversation = conversation
    session.started_at = timezone.now() - timedelta(minutes=1)
    session.ended_at = timezone.now()
    session.save()
    erase_conversation(conversation=conversation, by=alice)
    erased, kept = LiveKitRoom.objects.order_by("sid")
    assert (erased.caller_number, erased.caller_name, erased.sip_call_id) == ("",) * 3
    assert kept.caller_number == "+15550100"
    assert LiveKitEgress.objects.get().files == []
    bodies = [
        bytes(body) for body in LiveKitEvent.objects.values_list("body", flat=True)
    ]
    assert len(bodies) == 10
    assert not any(b"RM_1" in body for body in bodies)
    assert ExpectedSession.objects.count() == 2
