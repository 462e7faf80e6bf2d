"""The arguments of a tool as clients send them, read for what they mean.

Clients add arguments of their own to those of a tool (n8n: `toolCallId`, `sessionId`), send
an empty text or null for what was left out, whole numbers as 30.0, and numbers and
booleans as text. REST stays strict: there a person wrote the address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from api.mcp.schemas import Schema
from api.parameters import FLAGS, Parameters, read_arguments

Arguments = TypeVar("Arguments", bound=Parameters)

WHOLE_TEXT = re.compile(r"\d{1,9}(\.0+)?", re.ASCII)


def read_tool_arguments(
    model: type[Arguments], types: Mapping[str, Schema], sent: Mapping[str, Any]
) -> Arguments:
    """Read the arguments of a tool; those that it does not have are ignored.

    types: the schema of each argument, as `argument_types` gives it.

    Raises:
        Refusal: 400, with each argument at fault.
    """
    return read_arguments(model, _known(types, sent))


def _known(types: Mapping[str, Schema], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that there are and that are not empty, by their names.

    A model that writes `agent_id` means `agentId`: ignored, it would widen what is found.
    """
    by_spelling = {_spelling(name): name for name in types}
    found: dict[str, Any] = {}
    for written, value in sent.items():
        name = by_spelling.get(_spelling(written))
        if name is None or (name != written and name in sent) or _is_empty(value):
            continue
        found[name] = _meant(value, types[name])
    return found | _of_keys(types, sent)


def _of_keys(types: Mapping[str, Schema], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is sent as in an address of REST: `metadata.campaign`."""
    return {
        written: _text(value)
        for written, value in sent.items()
        if not _is_empty(value)
        and types.get(written.partition(".")[0], {}).get("type") == "object"
        and "." in written
    }


def _spelling(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _meant(value: Any, schema: Schema) -> Any:
    """Return a value as the type of its argument has it, else as it is."""
    type_ = schema.get("type")
    if type_ == "integer":
        return _whole(value)
    if type_ == "boolean":
        word = value.strip().lower() if isinstance(value, str) else ""
        return FLAGS.get(word, value)
    if type_ == "object":
        return _keys_and_values(value)
    if type_ == "string":
        text = _text(value)
        if isinstance(text, str) and schema.keys() & {"enum", "format"}:
            return text.strip().lower()  # words and ids, not what people wrote
        return text
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and WHOLE_TEXT.fullmatch(value.strip()):
        return int(float(value))
    return value


def _text(value: Any) -> Any:
    """Return the text of a number: ids and versions may be all digits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return json.dumps(_whole(value))


def _keys_and_values(value: Any) -> Any:
    """Return keys and values from an object, its JSON, or texts of key=value."""
    if isinstance(value, str):
        within = _object_in(value)
        value = [value] if within is None else within
    if isinstance(value, list):
        pairs = [one.partition("=") for one in value if isinstance(one, str)]
        if len(pairs) < len(value) or not all(pair[1] for pair in pairs):
            return value
        value = {key.strip(): each.strip() for key, _, each in pairs}
    if not isinstance(value, dict):
        return value
    return {key: _text(each) for key, each in value.items() if not _is_empty(each)}


def _object_in(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
