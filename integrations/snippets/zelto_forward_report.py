# Add it to your worker: @server.rtc_session(on_session_end=forward_to_zelto)
import logging
import os

import aiohttp
from livekit.agents import JobContext  # livekit-agents 1.4 or later

ZELTO_URL = "http://127.0.0.1:8000/webhooks/calls"
AGENT_ID = "my-agent"  # CHANGE THIS: a stable id for this agent (its dispatch name wins)


async def forward_to_zelto(ctx: JobContext) -> None:
    try:  # LiveKit's own report as it is, but for its events: large, and said elsewhere in it
        report = ctx.make_session_report().to_dict() | {"events": None}
        report["agent"] = {"externalId": ctx.job.agent_name or AGENT_ID}
        headers = {"Authorization": f"Bearer {os.environ['ZELTO_API_KEY']}"}
        headers["X-Zelto-Provider"] = "livekit"
        async with aiohttp.request(
            "POST", ZELTO_URL, json=report, headers=headers, timeout=aiohttp.ClientTimeout(5)
        ) as answer:
            text = f"{answer.status} {await answer.text()}"
        if '"received"' not in text or '"warnings"' in text:
            logging.getLogger("zelto").error("Zelto on session %s: %s", ctx.job.id, text)
    except Exception:  # not the worker's problem, but always in its log
        logging.getLogger("zelto").exception("session %s was not sent to Zelto", ctx.job.id)
