"""Where programs ask for the audio that is kept."""

from __future__ import annotations

from django.urls import reverse

from accounts.links import absolute_url
from conversations.models import Conversation


def recording_url(conversation: Conversation) -> str:
    """Return the address of a conversation's audio in the API."""
    return absolute_url(reverse("api:recording", args=[conversation.pk]))
