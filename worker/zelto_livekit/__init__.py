"""Sends the sessions of a LiveKit Agents worker to Zelto, and loses none.

from zelto_livekit import forward

@server.rtc_session(agent_name="front-desk", on_session_end=forward)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zelto_livekit.forwarder import Forwarder
from zelto_livekit.version import __version__

if TYPE_CHECKING:
    from livekit.agents import JobContext

__all__ = ["Forwarder", "__version__", "configure", "forward", "watch"]

_default = Forwarder()


def configure(**given: Any) -> None:
    """Set what the environment does not; `Forwarder` tells the names.

    Call it at the top level of the worker's file: each job process reads that anew.
    """
    _default.configure(**given)


async def forward(ctx: JobContext | str | None = None) -> None:
    """Keep and send the session of this job.

    For `on_session_end`, and for `ctx.add_shutdown_callback` where there is none. It never
    raises, and what it cannot send is sent later.
    """
    await _default.forward(ctx)


def watch(ctx: JobContext) -> None:
    """Write the history so far every `checkpoint_seconds`; call it as the job begins."""
    _default.watch(ctx)


def leave_the_outbox_to_others() -> None:
    """End the background thread of this process, which is no worker."""
    _default.stop()
