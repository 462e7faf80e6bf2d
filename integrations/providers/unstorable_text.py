"""Text that Postgres cannot hold, found cheaply and replaced with a warning."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from integrations.providers.faults import FaultKind, Faults, path_text
from web.storable_text import replace_unstorable

Path = tuple[str | int, ...]

# Ids are refused with such text in them, never altered.
LEFT_ALONE: frozenset[Path] = frozenset(
    {("call", "externalId"), ("agent", "externalId"), ("agentId",)}
    | {("job_id",), ("agent_name",)}
)


def cleaned(payload: dict[str, Any], warnings: Faults) -> dict[str, Any]:
    """Return the payload itself where all of it can be stored, else a mended copy."""
    if not _may_be_unstorable(payload):
        return payload
    result: dict[str, Any] = _cleaned(payload, (), warnings)
    return result


def _may_be_unstorable(payload: dict[str, Any]) -> bool:
    # One compiled pass: NUL is written as an escape, half a pair is refused.
    try:
        return b"\\u0000" in to_json(payload)
    except ValueError:
        return True


def _cleaned(value: Any, path: Path, warnings: Faults) -> Any:
    if isinstance(value, str):
        return value if path in LEFT_ALONE else _cleaned_text(value, path, warnings)
    if isinstance(value, dict):
        result = {}
        for key, child in value.items():
            name = _cleaned_text(key, (*path, key), warnings)
            result[name] = _cleaned(child, (*path, name), warnings)
        return result
    if isinstance(value, list):
        return [
            _cleaned(child, (*path, index), warnings)
            for index, child in enumerate(value)
        ]
    return value


def _cleaned_text(text: str, path: Path, warnings: Faults) -> str:
    result = replace_unstorable(text)
    if result != text:
        warnings.add(
            path_text(path),
            "held NUL or half a surrogate pair; U+FFFD stands in its place",
            FaultKind.ALTERED,
        )
    return result
