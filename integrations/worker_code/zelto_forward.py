import asyncio  # Hook it in: @server.rtc_session(on_session_end=forward_to_zelto)
import logging
import os
import time
from datetime import datetime, timezone

import aiohttp
from livekit.agents import JobContext  # livekit-agents 1.4 or later

ZELTO_URL = "http://127.0.0.1:8000/webhooks/calls"
AGENT_ID = "my-agent"  # CHANGE THIS: a stable id for this agent (its dispatch name wins)
WORDS = {"name": "toolName", "call_id": "toolCallId", "is_error": "isError", "output": "content"}
WORDS |= {"started_speaking_at": "startedAt", "stopped_speaking_at": "endedAt"}
WORDS |= {"instructions": "content", "new_agent_id": "content", "agent_handoff": "handoff"}
WORDS |= {"function_call": "call", "function_call_output": "result", "created_at": "timestamp"}


def as_turn(item: dict) -> dict:
    turn = {WORDS.get(key, key): value for key, value in item.items() if value != {}}
    turn |= {WORDS[key]: value for key, value in item.get("metrics", {}).items() if key in WORDS}
    turn["timestamp"] = datetime.fromtimestamp(item["created_at"], timezone.utc).isoformat()
    if (kind := item["type"]) == "message":
        return turn | {"content": "\n".join(map(str, item["content"]))}
    return turn | {"role": "tool" if "call_id" in item else "system", "kind": WORDS.get(kind, kind)}


async def forward_to_zelto(ctx: JobContext, try_for: float = 8.0) -> None:
    try:
        report = ctx.make_session_report()
        facts = report.to_dict() | {"events": None, "duration_ms": None}
        items = facts.pop("chat_history")["items"]
        prompts = [i for i in items if "instructions" in i]
        start = [i for i in items if "new_agent_id" in i and "old_agent_id" not in i]
        end = next((event for event in report.events if event.type == "close"), None)
        ended = {"endedAt": end.created_at, "endedReason": end.reason} if end else {}
        body = {
            "agent": {"externalId": ctx.job.agent_name or AGENT_ID},
            "call": {"externalId": report.job_id, "startedAt": report.started_at} | ended,
            "systemPrompt": prompts[0]["instructions"] if prompts else None,
            "transcript": {"turns": [as_turn(i) for i in items if i not in start + prompts[:1]]},
            "sessionReport": facts,
        }
        key, wait, stop, status = os.environ["ZELTO_API_KEY"], 0.0, time.monotonic() + try_for, 500
        headers = {"Authorization": f"Bearer {key}", "X-Zelto-Provider": "livekit"}
        async with aiohttp.ClientSession(headers=headers) as http:
            while (status >= 500 or status in (408, 425, 429)) and time.monotonic() + wait < stop:
                await asyncio.sleep(wait)
                limit = aiohttp.ClientTimeout(total=min(5, stop - time.monotonic()))
                try:
                    async with http.post(ZELTO_URL, json=body, timeout=limit) as answer:
                        status, text = answer.status, f"{answer.status} {await answer.text()}"
                        after = answer.headers.get("Retry-After", "")
                except (aiohttp.ClientError, asyncio.TimeoutError, UnicodeError) as error:
                    status, text, after = 500, f"{type(error).__name__}: {error}", ""
                wait = max(wait * 2, 0.5, float(after) if after.isdigit() else 0)
        if '"received"' not in text or '"warnings"' in text:
            logging.getLogger("zelto").error("Zelto on session %s: %s", ctx.job.id, text)
    except Exception:  # not the worker's problem, but always in its log
        logging.getLogger("zelto").exception("session %s was not sent to Zelto", ctx.job.id)
