"""A LiveKit project and its sessions; agents and conversations beside them."""

from tests.conversations.conftest import make_agent, make_conversation, make_findable
from tests.integrations.expected_sessions.made import livekit_project, make_session

__all__ = [
    "livekit_project",
    "make_agent",
    "make_conversation",
    "make_findable",
    "make_session",
]
