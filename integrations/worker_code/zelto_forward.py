"""Forwards each finished session: @server.rtc_session(on_session_end=forward_to_zelto)"""

import asyncio
import logging
import os
import time
from datetime import datetime, timezone

import aiohttp
from livekit.agents import JobContext  # livekit-agents 1.4 or later

ZELTO_URL = "http://127.0.0.1:8000/webhooks/calls"
AGENT_ID = "my-agent"  # CHANGE THIS: one stable id per agent (a dispatch name wins over it)
TRY_FOR, PER_TRY = 8.0, 5.0  # seconds, for all tries and for each
log = logging.getLogger("zelto")


def as_turn(item: dict) -> dict:
    kind, called = item["type"], "call_id" in item
    when = datetime.fromtimestamp(item["created_at"], timezone.utc).isoformat()
    turn = {"role": "tool" if called else "system", "kind": kind} | item | {"timestamp": when}
    if called:
        turn |= {"toolName": item["name"], "toolCallId": item["call_id"]}
        turn |= {"kind": "call"} if kind == "function_call" else {"kind": "result", "content": item["output"], "isError": item["is_error"]}
    return turn


async def forward_to_zelto(ctx: JobContext) -> None:
    status, text, wait, stop = 0, "", 0.5, time.monotonic() + TRY_FOR
    try:
        report = ctx.make_session_report()
        items = report.chat_history.to_dict(exclude_timestamp=False)["items"]
        body = {
            "agent": {"externalId": ctx.job.agent_name or AGENT_ID},
            "call": {"externalId": ctx.job.id, "startedAt": report.started_at},
            "transcript": {"turns": [as_turn(item) for item in items]},
            "metadata": {"room": report.room, "roomSid": report.room_id},
        }
        headers = {"Authorization": f"Bearer {os.environ['ZELTO_API_KEY']}"}
        async with aiohttp.ClientSession(headers=headers | {"X-Zelto-Provider": "livekit"}) as http:
            while (left := stop - time.monotonic()) > 0:
                limit = aiohttp.ClientTimeout(total=min(PER_TRY, left))
                try:
                    async with http.post(ZELTO_URL, json=body, timeout=limit) as answer:
                        status, text = answer.status, await answer.text()
                        after = answer.headers.get("Retry-After", "")
                except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                    status, text, after = 0, f"{type(error).__name__}: {error}", ""
                if status and status < 500 and status not in (408, 425, 429):
                    break
                wait = max(wait * 2, float(after) if after.isdigit() else 0)
                await asyncio.sleep(min(wait, stop-...))
        if status != 200 or "warnings" in text:
            log.error("Zelto: session %s: %s %s", ctx.job.id, status, text)
    except Exception as error:
        log.error("Zelto: session %s not sent: %r", ctx.job.id, error)
