# Hook it in: @server.rtc_session(on_session_end=forward_to_zelto)
import asyncio
import logging
import os
import time

import aiohttp
from livekit.agents import JobContext  # livekit-agents 1.4 or later

ZELTO_URL = "http://127.0.0.1:8000/webhooks/calls"
AGENT_ID = "my-agent"  # CHANGE THIS: a stable id for this agent (its dispatch name wins)
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
logger = logging.getLogger("zelto")


async def forward_to_zelto(ctx: JobContext, try_for: float = 8.0) -> None:
    try:
        await post(session_body(ctx), try_for)
    except Exception:  # never the worker's problem, but always in its log
        logger.exception("session %s was not sent to Zelto", ctx.job.id)


def session_body(ctx: JobContext) -> dict:
    """Return LiveKit's own report: what was said, tool calls, interruptions, times, metrics."""
    report = ctx.make_session_report()
    call = {"externalId": report.job_id, "startedAt": report.started_at}
    for event in report.events:
        if event.type == "close":  # the end of the call; the report is made a little later
            call |= {"endedAt": event.created_at, "endedReason": event.reason}
    return {
        "agent": {"externalId": ctx.job.agent_name or AGENT_ID},
        "call": call,
        # The events are large, and say again what is in the history.
        "sessionReport": report.to_dict() | {"events": None, "duration_ms": None},
    }


async def post(body: dict, try_for: float) -> None:
    """Send the body, again for `try_for` seconds; log what Zelto refused or could not keep."""
    key, stop, wait = os.environ["ZELTO_API_KEY"], time.monotonic() + try_for, 0.5
    headers = {"Authorization": f"Bearer {key}", "X-Zelto-Provider": "livekit"}
    async with aiohttp.ClientSession(headers=headers) as http:
        while True:
            limit = aiohttp.ClientTimeout(total=min(5, stop - time.monotonic()))
            try:
                async with http.post(ZELTO_URL, json=body, timeout=limit) as answer:
                    status, text = answer.status, await answer.text(errors="replace")
                    after = answer.headers.get("Retry-After", "")
                    wait = max(wait, float(after) if after.isdigit() else 0)
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                status, text = 503, f"{type(error).__name__}: {error}"
            if status not in TRY_AGAIN or time.monotonic() + wait >= stop:
                break
            await asyncio.sleep(wait)
            wait *= 2
    if '"received"' not in text or '"warnings"' in text:
        logger.error("Zelto on %s: %s %s", body["call"]["externalId"], status, text)
