"""The tables of conversations, of their agents and recordings, and of what finds them."""

from accounts.models.leased_job import LeasedJob
from conversations.models.agent import Agent
from conversations.models.arrival_history import Absence, ArrivalHistory
from conversations.models.change import Change, ChangeCounter
from conversations.models.charge import Charge
from conversations.models.conversation import (
    Conversation,
    ConversationQuerySet,
    Transcript,
)
from conversations.models.recording import Recording, Transcription, UnusedFile
from conversations.models.recording_store import RecordingStore
from conversations.models.saved_view import ColumnChoice, SavedView
from conversations.models.search import SearchEntry, SearchJob, SeenValue
from conversations.models.tombstone import Tombstone
from conversations.providers import Provider

__all__ = [
    "Absence",
    "Agent",
    "ArrivalHistory",
    "Change",
    "ChangeCounter",
    "Charge",
    "ColumnChoice",
    "Conversation",
    "ConversationQuerySet",
    "LeasedJob",
    "Provider",
    "Recording",
    "RecordingStore",
    "SavedView",
    "SearchEntry",
    "SearchJob",
    "SeenValue",
    "Tombstone",
    "Transcript",
    "Transcription",
    "UnusedFile",
]
