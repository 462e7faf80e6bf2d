"""Ends a worker of livekit-agents, in its environment, whatever it does."""

from __future__ import annotations

import asyncio
import faulthandler

from livekit.agents import AgentServer

PACE = 0.05  # seconds


def end_within(seconds: float) -> None:
    """End this process when so many seconds are over, with a traceback of each of its
    threads: also where its event loop no longer turns, which a time-out of asyncio needs.
    """
    faulthandler.dump_traceback_later(seconds, exit=True)


async def end_in_order(server: AgentServer) -> None:
    """Wait until the jobs of a worker are over, and stop it.

    `drain` waits for them too, but may do so without ever letting the event loop notice
    that they are gone (livekit-agents 1.3.7 to 1.8.9 at least). So it is called when no
    job is left.
    """
    while server.active_jobs:
        await asyncio.sleep(PACE)
    await server.drain()
    await server.aclose()
