"""From the canonical body to an update: the one reading that every provider shares."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from conversations.projection.fold import size_as_json
from conversations.projection.update import AgentReference, CallUpdate
from conversations.turn_values import RECORDING_STARTED_AT, moment_of
from integrations.providers.adapted import Adapted
from integrations.providers.canonical.repair import repaired
from integrations.providers.canonical.schema import (
    Agent,
    Call,
    CallBody,
    Customer,
    Transcript,
    Turn,
    keys_of,
)
from integrations.providers.content_parts import words_beside
from integrations.providers.faults import Fault, FaultKind, Faults, path_text, shown

MAX_METADATA_BYTES = 64 * 1024  # bytes, as compact JSON
# Start, end and duration are each rounded by their sender.
CONTRADICTION_SECONDS = 2

NO_AGENT = "is required: send agent.externalId, your own id of the agent, or agentId"

KNOWN: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = (
    ((), keys_of(CallBody, "sessionReport")),
    (("call",), keys_of(Call)),
    (("call", "customer"), keys_of(Customer)),
    (("agent",), keys_of(Agent)),
    (("transcript",), keys_of(Transcript, "items")),
)
# Where a misplaced key belongs, if there is one such place.
HOMES = {
    key: path_text((*way, key))
    for way, keys in KNOWN
    for key in keys
    if sum(key in others for _, others in KNOWN) == 1
}
TURN_KEYS = keys_of(Turn)
# Of a turn's own keys, those that mean nothing when empty.
SOFT_TURN_KEYS = keys_of(Turn, "content", "arguments")

NOT_LIVEKIT = (
    "is required; a LiveKit session report needs the header X-Zelto-Provider: livekit"
)


def adapt(payload: dict[str, Any], _warnings: Faults) -> Adapted:
    """Return the canonical body itself; a report without its header is recognized."""
    is_report = payload.get("call") is None and "chat_history" in payload
    return Adapted(payload, {"call": NOT_LIVEKIT} if is_report else {})


def read_canonical(
    payload: dict[str, Any], errors: list[Fault], warnings: Faults
) -> CallUpdate | None:
    """Return the update; None where `errors` says why not."""
    _note_unknown_keys(payload, warnings)
    try:
        body = CallBody.model_validate(payload)
    except ValidationError:
        mended = repaired(payload, errors, warnings)
        if mended is None:
            _require_agent(payload, errors)
            return None
        body, payload = mended
    _require_agent(payload, errors)
    return None if errors else _update(body, payload, warnings)


def _note_unknown_keys(payload: dict[str, Any], warnings: Faults) -> None:
    for way, known in KNOWN:
        part: Any = payload
        for step in way:
            part = part.get(step) if isinstance(part, dict) else None
        if not isinstance(part, dict) or part.keys() <= known:
            continue
        for key, value in part.items():
            if key in known or value is None:
                continue
            home = f"; did you mean {HOMES[key]}?" if key in HOMES else ""
            warnings.add(
                path_text((*way, key)),
                f"is not a known key and was ignored{home}",
                FaultKind.IGNORED,
            )


def _require_agent(payload: dict[str, Any], errors: list[Fault]) -> None:
    agent = payload.get("agent")
    if isinstance(agent, dict):
        agent = agent.get("externalId")
    if agent is None and payload.get("agentId") is None:
        errors.append(Fault("agent", NO_AGENT))


def _update(body: CallBody, payload: dict[str, Any], warnings: Faults) -> CallUpdate:
    call, agent = body.call, body.agent or Agent()
    customer = call.customer or Customer()
    _note_contradictions(call, warnings)
    return CallUpdate(
        external_id=call.external_id,
        agent=AgentReference(
            id=body.agent_id,
            external_id=agent.external_id,
            name=agent.name or None,
        ),
        started_at=call.started_at,
        ended_at=call.ended_at,
        duration_seconds=call.duration_seconds,
        ended_reason=call.ended_reason or None,
        cost=call.cost,
        recording_url=call.recording_url or None,
        customer_number=customer.number or None,
        customer_name=customer.name or None,
        version=body.version or None,
        system_prompt=body.system_prompt or None,
        metadata=_metadata(body.metadata, warnings),
        turns=_turns(body, payload),
    )


def _note_contradictions(call: Call, warnings: Faults) -> None:
    if call.started_at is None or call.ended_at is None:
        return
    span = (call.ended_at - call.started_at).total_seconds()
    if span < 0:
        warnings.add(
            "call.endedAt",
            "lies before call.startedAt; both were kept",
            FaultKind.KEPT,
        )
    sent = call.duration_seconds
    if sent is not None and abs(span - sent) > CONTRADICTION_SECONDS:
        warnings.add(
            "call.durationSeconds",
            f"is {sent:g}, but from start to end it is {span:g} seconds; all were kept",
            FaultKind.KEPT,
        )


def _metadata(
    metadata: dict[str, Any] | None, warnings: Faults
) -> dict[str, Any] | None:
    if metadata is None:
        return None
    metadata = _with_times(metadata, warnings)
    size = size_as_json(metadata)
    if size <= MAX_METADATA_BYTES:
        return metadata
    warnings.add(
        "metadata",
        f"must be at most {MAX_METADATA_BYTES:,} bytes as JSON, not {size:,}; "
        "it was dropped",
    )
    return None


def _with_times(metadata: dict[str, Any], warnings: Faults) -> dict[str, Any]:
    """Return the metadata without a time that is none, and would hide the one that is
    there."""
    value = metadata.get(RECORDING_STARTED_AT)
    if value is None:
        return metadata
    try:
        moment_of(value)
    except ValueError as misfit:
        if value != "":
            warnings.add(
                f"metadata.{RECORDING_STARTED_AT}",
                f"{misfit}; got {shown(value)}; it was dropped",
            )
        return {k: v for k, v in metadata.items() if k != RECORDING_STARTED_AT}
    return metadata


def _turns(body: CallBody, payload: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return turns as sent, since what fits the strict model needs no other form."""
    if body.transcript is None or body.transcript.turns is None:
        return None
    turns = [_turn(turn) for turn in payload["transcript"]["turns"]]
    times = [turn.timestamp for turn in body.transcript.turns]
    known = [time for time in times if time is not None]
    if len(known) < len(turns) or known == sorted(known):
        return turns
    order = sorted(range(len(turns)), key=known.__getitem__)
    return [turns[index] for index in order]


def _turn(sent: dict[str, Any]) -> dict[str, Any]:
    values = sent.values()
    if None in values or "" in values:
        turn = {key: value for key, value in sent.items() if not _is_absent(value, key)}
    else:
        turn = dict(sent)
    if turn["role"] == "developer":
        turn["role"] = "system"
    if not turn.get("content"):
        turn["content"] = words_beside(turn)
    return turn


def _is_absent(value: Any, key: str) -> bool:
    if value is None:
        return key in TURN_KEYS
    return value == "" and key in SOFT_TURN_KEYS
