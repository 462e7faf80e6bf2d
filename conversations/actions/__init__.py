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
from conversations.actions.saved_views import (
    NameTaken,
    TooManyViews,
    choose_columns,
    delete_view,
    forget_columns,
    rename_view,
    save_view,
    share_view,
    unshare_view,
    update_view,
)

__all__ = [
    "MergeConflict",
    "NameTaken",
    "TooManyViews",
    "bring_back_agent",
    "change_agent",
    "choose_columns",
    "delete_view",
    "forget_columns",
    "merge_agents",
    "move_merged_conversations",
    "rename_view",
    "retire_agent",
    "retry_recording",
    "save_view",
    "separate_agent",
    "share_view",
    "unshare_view",
    "update_view",
]
