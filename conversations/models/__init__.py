from conversations.models.agent import Agent
from conversations.models.charge import Charge
from conversations.models.conversation import (
    Conversation,
    ConversationQuerySet,
    Provider,
    Transcript,
)
from conversations.models.search import SearchEntry, SearchJob, SeenValue
from conversations.models.tombstone import Tombstone

__all__ = [
    "Agent",
    "Charge",
    "Conversation",
    "ConversationQuerySet",
    "Provider",
    "SearchEntry",
    "SearchJob",
    "SeenValue",
    "Tombstone",
    "Transcript",
]
