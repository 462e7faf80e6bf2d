"""What the pages hand out to be copied: lines for a shell, a hook for a worker, a body,
a brief for a coding agent."""

from __future__ import annotations

import json
import shlex
from typing import Any

KEY_PLACEHOLDER = "paste-your-key-here"

WORKER_HOOK = """\
from zelto_forward import forward_to_zelto

@server.rtc_session(agent_name="my-agent", on_session_end=forward_to_zelto)
async def entrypoint(ctx: JobContext) -> None:
    ...  # your session, as it is"""


def export_line(key: str | None = None) -> str:
    """key: one that was just made, so that the line works as it is."""
    return f"export ZELTO_API_KEY={key or KEY_PLACEHOLDER}"


def call() -> dict[str, Any]:
    # No apostrophes: it stands between single quotes in a shell.
    return {
        "call": {
            "externalId": "call-1001",
            "startedAt": "2026-11-02T09:30:00Z",
            "endedAt": "2026-11-02T09:30:41Z",
            "endedReason": "caller hung up",
            "customer": {"name": "Ada Lovelace", "number": "+15550100"},
        },
        "agent": {"externalId": "front-desk", "name": "Front desk"},
        "transcript": {
            "turns": [
                {"role": "assistant", "content": "Northwind, how can I help?"},
                {"role": "user", "content": "Where is my order 4711?"},
                {"role": "assistant", "content": "It is due tomorrow."},
            ]
        },
        "metadata": {"campaign": "spring"},
    }


def body() -> str:
    return json.dumps(call(), indent=2)


def curl(base_url: str, key: str | None = None) -> str:
    """Lines for a shell that post the sample."""
    address = shlex.quote(f"{base_url}/webhooks/calls")
    return (
        f"{export_line(key)}\n"
        f"curl -sS {address} \\\n"
        '  -H "Authorization: Bearer $ZELTO_API_KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(body())}"
    )


def agent_prompt(base_url: str) -> str:
    return f"""\
Send each finished call of this application to Zelto, our dashboard for voice agents.

When a call has ended, POST one JSON object to {base_url}/webhooks/calls with the headers
"Authorization: Bearer <key>" and "Content-Type: application/json". Read the key from the
environment variable ZELTO_API_KEY. Never log it and never commit it.

The body, with sample values:
{body()}

Rules:
- call.externalId is our own id of the call, unique for each call. Posting the same id
  again updates the call, so sending twice does no harm.
- agent.externalId is a stable id of the agent, the same for all its calls.
- Roles are user, assistant, system and tool. For a tool call send role "tool" with kind
  "call", toolName, toolCallId and arguments; for its result kind "result", the same
  toolCallId, content and isError.
- Optional: call.durationSeconds, call.cost in US dollars, call.recordingUrl, version (the
  build of the agent), systemPrompt, metadata (an object), timestamp on each turn. Leave out
  what is not known.
- 200 means stored; log "warnings" in the answer if there are any. On connection errors,
  408, 425, 429 and 5xx try again a few times with growing pauses, and respect Retry-After.
  On any other 4xx do not try again: log the status and the answer, which names the field.
- Set a timeout of a few seconds. A call that could not be sent must not break the call
  handling or the shutdown of the process.

Afterwards post one sample call, check that the answer is {{"received": true}}, and show me
what you changed."""
