"""A project that is watched, as for its events."""

from tests.integrations.livekit_events.conftest import (
    event_wakeups,
    nothing_remembered,
    post_event,
    process,
    project,
)

__all__ = ["event_wakeups", "nothing_remembered", "post_event", "process", "project"]
