from conversations.models.agent import Agent
from conversations.models.charge import Charge
from conversations.models.conversation import Conversation, Provider, Transcript

__all__ = ["Agent", "Charge", "Conversation", "Provider", "Transcript"]
