"""The texts that pages hand out to be copied: lines for a shell, a hook for a worker, a
body, a prompt for a coding agent."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import quote

from django.conf import settings

from integrations.snippets.body_fields import IGNORED, TAKEN, body_fields

KEY_PLACEHOLDER = "paste-your-key-here"

WORKER_HOOK = """\
from zelto_forward import forward_to_zelto

@server.rtc_session(agent_name="my-agent", on_session_end=forward_to_zelto)
async def entrypoint(ctx: JobContext) -> None:
    ...  # your session, as it is"""


def export_line(key: str | None = None) -> str:
    """Return the line for a shell that sets the key.

    key: one that was just made, so that the line works as it is.
    """
    return f"export ZELTO_API_KEY={key or KEY_PLACEHOLDER}"


def upload_line(key: str, agent: str = "") -> str:
    """Return the line of a worker's environment that has LiveKit's SDK upload its
    sessions by itself.

    key: of the scope ingest, since addresses end up in logs. agent: its id, for agents
        that are dispatched without a name.
    """
    address = f"{settings.BASE_URL}/livekit/{key}"
    if agent:
        address += f"/{quote(agent, safe='')}"
    return f"LIVEKIT_OBSERVABILITY_URL={address}"


def smallest_call() -> dict[str, Any]:
    """Return a call with ids and turns, nothing else."""
    # No apostrophes: it is put between single quotes in a shell.
    return {
        "call": {"externalId": "call-1001"},
        "agent": {"externalId": "front-desk", "name": "Front desk"},
        "transcript": {
            "turns": [
                {"role": "assistant", "content": "Northwind, how can I help?"},
                {"role": "user", "content": "Where is my order 4711?"},
                {"role": "assistant", "content": "It is due tomorrow."},
            ]
        },
    }


def whole_call() -> dict[str, Any]:
    """Return a call with nearly everything that one may have."""
    return {
        "call": {
            "externalId": "call-1002",
            "startedAt": "2026-11-02T09:30:00Z",
            "endedAt": "2026-11-02T09:30:41Z",
            "durationSeconds": 41,
            "endedReason": "caller hung up",
            "cost": "0.0425",
            "recordingUrl": "https://recordings.example.com/call-1002.ogg",
            "customer": {"name": "Ada Lovelace", "number": "+15550100"},
        },
        "agent": {"externalId": "front-desk", "name": "Front desk"},
        "version": "2026.11.3",
        "systemPrompt": "You answer the phone at Northwind.",
        "transcript": {"turns": _turns()},
        "metadata": {"campaign": "spring"},
    }


def _turns() -> list[dict[str, Any]]:
    return [
        {
            "role": "assistant",
            "content": "Northwind, how can I help?",
            "timestamp": "2026-11-02T09:30:01Z",
        },
        {
            "role": "user",
            "content": "Where is my order 4711?",
            "timestamp": "2026-11-02T09:30:05Z",
        },
        {
            "role": "tool",
            "kind": "call",
            "toolName": "lookup_order",
            "toolCallId": "call_1",
            "arguments": {"order": "4711"},
            "timestamp": "2026-11-02T09:30:06Z",
        },
        {
            "role": "tool",
            "kind": "result",
            "toolName": "lookup_order",
            "toolCallId": "call_1",
            "content": "due tomorrow",
            "isError": False,
            "timestamp": "2026-11-02T09:30:07Z",
        },
        {
            "role": "assistant",
            "content": "It is due tomorrow.",
            "timestamp": "2026-11-02T09:30:08Z",
            "interrupted": False,
            "metrics": {"e2e_latency": 0.81},
        },
    ]


def as_json(call: dict[str, Any]) -> str:
    """Return it as JSON for people to read."""
    return json.dumps(call, indent=2)


def curl(base_url: str, key: str | None = None) -> str:
    """Return lines for a shell that post the smallest call."""
    address = shlex.quote(f"{base_url}/webhooks/calls")
    return (
        f"{export_line(key)}\n"
        f"curl -sS {address} \\\n"
        '  -H "Authorization: Bearer $ZELTO_API_KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(as_json(smallest_call()))}"
    )


def upload_curl(base_url: str, key: str | None = None) -> str:
    """Return lines for a shell that upload a recording."""
    address = shlex.quote(f"{base_url}/v1/conversations")
    call = {part: smallest_call()[part] for part in ("call", "agent")}
    return (
        f"{export_line(key)}\n"
        f"curl -sS {address} \\\n"
        '  -H "Authorization: Bearer $ZELTO_API_KEY" \\\n'
        "  -F file=@recording.ogg \\\n"
        f"  -F {shlex.quote('call=' + json.dumps(call))}"
    )


def claude_code(base_url: str) -> str:
    """Return the line for a shell that connects Claude Code to `/mcp`."""
    address = shlex.quote(f"{base_url}/mcp")
    return (
        f"claude mcp add --transport http zelto {address} \\\n"
        '  --header "Authorization: Bearer $ZELTO_API_KEY"'
    )


def codex(base_url: str) -> str:
    """Return the line for a shell that connects Codex to `/mcp`."""
    address = shlex.quote(f"{base_url}/mcp")
    return f"codex mcp add zelto --url {address} \\\n  --bearer-token-env-var ZELTO_API_KEY"


def cursor(base_url: str) -> str:
    """Return Cursor's `mcp.json`; Cursor itself reads the key from the environment."""
    headers = {"Authorization": "Bearer ${env:ZELTO_API_KEY}"}
    server = {"url": f"{base_url}/mcp", "headers": headers}
    return as_json({"mcpServers": {"zelto": server}})


QUESTIONS = (
    "Is my LiveKit worker still forwarding its sessions to Zelto?",
    "Why was the last delivery refused? Correct it in this repository.",
    "Find calls in which the caller asked for a human, and say what led to it.",
    "Compare how long the calls of the last two agent versions took.",
)


# For a coding agent: what to ask before it writes code for a worker of LiveKit.
LIVEKIT_WAYS = """\
If this application is a worker of LiveKit Agents (livekit-agents 1.5.1 or @livekit/agents
1.8.0, or later), first ask me which way I want:
- No code: LIVEKIT_OBSERVABILITY_URL in the worker's environment, with an upload URL that I
  create in Zelto under Settings, Integrations, LiveKit. Recording must be switched on: in
  LiveKit Cloud "Agent observability" of the project, on a server of our own
  agents.enable_user_data_recording, or session.start(..., record=True). It brings the audio
  too. Sessions then no longer show in LiveKit Cloud's own insights. The URL is a secret.
- A few lines: post as below, with the header "X-Zelto-Provider: livekit". It leaves LiveKit
  Cloud's own insights as they are, so it is the way for both, and it can send our metadata."""


def agent_prompt(base_url: str) -> str:
    """Return the prompt for a coding agent in the repository that takes the calls, with
    the same body and the same table of fields as the page."""
    return f"""\
Send each finished call of this application to Zelto, our dashboard for voice agents.

{LIVEKIT_WAYS}

When a call has ended, POST one JSON object to {base_url}/webhooks/calls with the headers
"Authorization: Bearer <key>" and "Content-Type: application/json". Read the key from the
environment variable ZELTO_API_KEY. Never log it and never commit it.

The body, with sample values for nearly everything it may hold. What is not known is left
out:
{as_json(whole_call())}

Every field, with its type and what becomes of a value that does not fit ("refused" is the
whole call, the others cost only the value and give a warning):
{field_lines()}

Rules:
- call.externalId is our own id of the call, unique for each call. Posting the same id
  again updates the call, so sending twice does no harm.
- agent.externalId is a stable id of the agent, the same for all its calls.
- For a tool call send role "tool" with kind "call", toolName, toolCallId and arguments; for
  its result kind "result", the same toolCallId, content and isError.
- 200 means stored; log "warnings" in the answer if there are any. On connection errors,
  408, 425, 429 and 5xx try again a few times with growing pauses, and respect Retry-After.
  On any other 4xx do not try again: log the status and the answer, which names the field.
- Set a timeout of a few seconds. A call that could not be sent must not break the call
  handling or the shutdown of the process.

Afterwards post one sample call, check that the answer is {{"received": true}}, and show me
what you changed."""


def field_lines() -> str:
    """Return the fields of the body as a list in plain text, without LiveKit's own."""
    lines = []
    for field in body_fields():
        if field.misfit == IGNORED:  # LiveKit's own shapes
            continue
        required = "required; " if field.required else ""
        misfit = f"; {field.misfit}" if field.misfit != TAKEN else ""
        rule = " ".join("".join(field.rule).split())
        line = f"- {field.path}: {required}{field.type}{misfit}. {rule}"
        lines.append(line.rstrip())
    return "\n".join(lines)
