"""What an erasure takes of events."""

from __future__ import annotations

from alerts.models import Message
from alerts.outgoing_events.names import OF_CONVERSATIONS
from conversations.models import Conversation


def drop_messages(conversation: Conversation) -> None:
    """Delete the messages about a conversation that wait, inside the caller's
    transaction. What was sent, or is this moment, has ids alone, and another try of it
    finds no conversation.
    """
    Message.objects.in_organization(conversation.organization).filter(
        state=Message.State.WAITING,
        event__in=OF_CONVERSATIONS,
        content__id=str(conversation.pk),
    ).delete()
