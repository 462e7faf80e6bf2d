"""The state that posts result in, as simply as the contract says it, to compare with
what is stored.
"""

from __future__ import annotations

from typing import Any


def plain_fold(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the state after all of these bodies."""
    state: dict[str, Any] = {"metadata": {}, "turns": None, "prompt": "", "sent": None}
    explicit = sent_any = False
    for body in bodies:
        call = body["call"]
        if "transcription" in body:
            if not sent_any:
                state["turns"] = body["transcript"]["turns"]
            continue
        for name in ("startedAt", "endedAt", "endedReason"):
            state[name] = call.get(name) or state.get(name)
        if call.get("durationSeconds") is not None:
            state["sent"] = call["durationSeconds"]
        for name in ("name", "number"):
            state[name] = call.get("customer", {}).get(name) or state.get(name)
        state["version"] = body.get("version") or state.get("version")
        state["agent"] = body["agent"]["externalId"]
        new = {k: v for k, v in body.get("metadata", {}).items() if v is not None}
        state["metadata"] = state["metadata"] | new
        turns = body.get("transcript", {}).get("turns")
        if turns or (turns is not None and not state["turns"]):
            state["turns"] = turns
        sent_any = sent_any or bool(turns)
        if turns and turns[0]["role"] == "system" and not explicit:
            state["prompt"] = turns[0]["content"]
        if body.get("systemPrompt"):
            state["prompt"], explicit = body["systemPrompt"], True
    return state


def expected(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the facts of a conversation after all of these bodies."""
    state = plain_fold(bodies)
    duration = state["sent"]
    if duration is None and state["startedAt"] and state["endedAt"]:
        span = state["endedAt"] - state["startedAt"]
        duration = span if span >= 0 else None
    return {
        "started": state["startedAt"],
        "ended": state["endedAt"],
        "duration": duration,
        "reason": state["endedReason"] or "",
        "customer": (state["name"] or "", state["number"] or ""),
        "version": state["version"] or "",
        "agent": state["agent"],
        "metadata": state["metadata"],
        "turns": state["turns"],
        "prompt": state["prompt"],
    }
