"""One of each thing that a route can show, for the walks over all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Invitation, Membership, Organization, User
from alerts.models import Channel, Issue, Rule
from conversations.models import (
    Agent,
    Conversation,
    Recording,
    SavedView,
    Transcript,
)
from conversations.recordings.files import recordings_storage
from integrations.models import Delivery, LiveKitCredential, LiveKitProject
from tests.api.conftest import make_delivery
from tests.conftest import MakeKey
from tests.conversations.conftest import (
    MakeConversation,
    MakeRecording,
    make_agent,
    make_conversation,
    make_findable,
    make_recording,
)
from tests.zelto.routes.walk import RAW, SAID, Received

__all__ = [
    "make_agent",
    "make_conversation",
    "make_delivery",
    "make_findable",
    "make_recording",
]


@pytest.fixture
def everything(
    organization: Organization, alice: User, make_key: MakeKey
) -> dict[str, Any]:
    """One of each thing that `organization` has, by the name it has in a route."""
    agent = Agent.objects.create(
        organization=organization, provider="livekit", external_id="front-desk"
    )
    conversation = Conversation.objects.create(
        organization=organization,
        agent=agent,
        provider="livekit",
        external_id="call-1",
        applied_through=1,
    )
    Transcript.objects.create(conversation=conversation, turns=[])
    Recording.objects.create(
        conversation=conversation, source_url="https://example.com/a.ogg"
    )
    delivery = Delivery.objects.create(
        organization=organization, status=200, outcome="processed"
    )
    invitation = Invitation.objects.create(
        organization=organization,
        email="eve@example.org",
        token_digest=b"x",
        expires_at="2100-01-01T00:00Z",
    )
    membership = Membership.objects.get(user=alice)
    view = SavedView.objects.create(
        organization=organization,
        membership=membership,
        place=1,
        name="Ours",
        is_shared=True,
    )
    project = LiveKitProject.objects.create(organization=organization, name="Ours")
    credential = LiveKitCredential.objects.create(
        project=project, api_key="APIours", secret="a secret of ours"
    )
    issue = Issue.objects.create(
        organization=organization,
        kind="agent_silent",
        cause=str(agent.id),
        agent=agent,
        since="2026-01-01T00:00Z",
    )
    channel = Channel.objects.create(
        organization=organization,
        kind="email",
        name="Ours",
        secret='{"people": "admins"}',
    )
    rule = Rule.objects.create(organization=organization, is_off=True)
    return {
        "issue_id": issue.id,
        "channel_id": channel.id,
        "rule_id": rule.id,
        "slug": organization.slug,
        "project_id": project.id,
        "credential_id": credential.id,
        "agent_id": agent.id,
        "conversation_id": conversation.id,
        "delivery_id": delivery.uuid,
        "key_id": make_key(organization)[0].id,
        "membership_id": membership.id,
        "view_id": view.id,
        "invitation_id": invitation.id,
        "number": 1,
    }


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    return make_conversation([{"role": "user", "content": SAID}], external_id="call-2")


@pytest.fixture
def received(
    everything: dict[str, Any],
    conversation: Conversation,
    make_recording: MakeRecording,
    make_findable: Callable[[], None],
) -> Received:
    """A refused post with its body, and a conversation with its audio."""
    delivery = Delivery.objects.get()
    Delivery.objects.update(
        outcome="rejected", status=422, body=b'{"call": "%s"}' % RAW.encode()
    )
    recording = make_recording(conversation)
    make_findable()
    with recordings_storage().open(recording.file) as file:
        audio = bytes(file.read())
    return Received(
        everything
        | {
            "agent_id": conversation.agent_id,
            "conversation_id": conversation.id,
            "delivery_id": delivery.uuid,
            "path": "statuses",
            "number": 1,
            "uidb36": "0" * 32,
        },
        audio,
    )


@pytest.fixture
def reader(
    alice: User, organization: Organization, make_key: MakeKey
) -> Callable[[], Client]:
    """Makes a client that is the owner's; with a key, for what asks for one."""
    _, text = make_key(organization)

    def sign_in() -> Client:
        headers = {"Authorization": f"Bearer {text}"}
        client = Client(headers=headers, raise_request_exception=False)
        client.force_login(alice)
        return client

    return sign_in
