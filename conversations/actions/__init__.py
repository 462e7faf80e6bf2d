"""What people do to what is kept: every write, as a verb with its actor."""

from conversations.actions.agents import (
    bring_back_agent,
    change_agent,
    retire_agent,
)
from conversations.actions.merging import (
    MergeConflict,
    merge_agents,
    move_merged_conversations,
    separate_agent,
)
from conversations.actions.recordings import retry_recording

__all__ = [
    "MergeConflict",
    "bring_back_agent",
    "change_agent",
    "merge_agents",
    "move_merged_conversations",
    "retire_agent",
    "retry_recording",
    "separate_agent",
]
