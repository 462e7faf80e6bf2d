"""Log records of OpenTelemetry (OTLP 1.x), as protobuf or as JSON: what LiveKit's SDKs
log, as plain values. Pure.

Source: opentelemetry-proto, logs/v1/logs.proto and common/v1/common.proto.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from integrations.providers.livekit import wire
from integrations.providers.livekit.wire import Budget

MAX_DEPTH = 32  # levels of a value
TOO_DEEP = "is nested deeper than a value of a log may be"


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record.

    scope: the logger's name. time: nanoseconds since 1970. attributes: of the resource,
    of the scope and its own, the nearest counts. severity: 17 and more is an error.
    """

    scope: str
    time: int
    severity: int
    body: Any
    attributes: dict[str, Any]


def read_protobuf(data: bytes, budget: Budget) -> Iterator[LogRecord]:
    """Yield the records of an `ExportLogsServiceRequest`.

    Raises:
        NotProtobuf: it is none, or holds more than the budget.
    """
    for resource_logs in wire.messages(data, 1, budget):
        common: dict[str, Any] = {}
        for resource in wire.messages(resource_logs, 1, budget):
            common |= _key_values(resource, 1, budget)
        for scope_logs in wire.messages(resource_logs, 2, budget):
            yield from _scope_logs(scope_logs, common, budget)


def _scope_logs(
    data: bytes, common: dict[str, Any], budget: Budget
) -> Iterator[LogRecord]:
    scope, records = b"", []
    for number, _, value in wire.fields(data, budget):
        if number == 1 and isinstance(value, bytes):
            scope = value
        elif number == 2 and isinstance(value, bytes):
            records.append(value)
    name = ""
    for number, _, value in wire.fields(scope, budget):
        name = wire.text(value) if number == 1 else name
    common = common | _key_values(scope, 3, budget)
    for record in records:
        yield _record(record, name, common, budget)


def _record(
    data: bytes, scope: str, common: dict[str, Any], budget: Budget
) -> LogRecord:
    time = severity = 0
    body: Any = None
    own: dict[str, Any] = {}
    for number, _, value in wire.fields(data, budget):
        if number == 1:
            time = wire.number(value)
        elif number == 2:
            severity = wire.number(value)
        elif number == 5 and isinstance(value, bytes):
            body = _any_value(value, budget, MAX_DEPTH)
        elif number == 6 and isinstance(value, bytes):
            own |= _key_value(value, budget, MAX_DEPTH)
    return LogRecord(scope, time, severity, body, common | own)


def _key_values(data: bytes, number: int, budget: Budget) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for message in wire.messages(data, number, budget):
        found |= _key_value(message, budget, MAX_DEPTH)
    return found


def _key_value(data: bytes, budget: Budget, depth: int) -> dict[str, Any]:
    key, found = "", None
    for number, _, value in wire.fields(data, budget):
        if number == 1:
            key = wire.text(value)
        elif number == 2 and isinstance(value, bytes):
            found = _any_value(value, budget, depth)
    return {key: found}


_SCALARS: dict[int, Callable[[int | bytes], Any]] = {
    1: wire.text,
    2: lambda value: bool(wire.number(value)),
    3: wire.signed,
    4: wire.double,
    7: lambda value: value.hex() if isinstance(value, bytes) else "",
}


def _any_value(data: bytes, budget: Budget, depth: int) -> Any:
    if not depth:
        raise wire.NotProtobuf(TOO_DEEP)
    found: Any = None
    for number, _, value in wire.fields(data, budget):
        if number in _SCALARS:
            found = _SCALARS[number](value)
        elif number == 5 and isinstance(value, bytes):
            found = [
                _any_value(one, budget, depth - 1)
                for one in wire.messages(value, 1, budget)
            ]
        elif number == 6 and isinstance(value, bytes):
            found = {}
            for one in wire.messages(value, 1, budget):
                found |= _key_value(one, budget, depth - 1)
    return found


def read_json(payload: dict[str, Any]) -> Iterator[LogRecord]:
    """Yield the records of the same in JSON; what has another shape is left out."""
    for resource_logs in _dicts(payload.get("resourceLogs")):
        resource = resource_logs.get("resource")
        common = _json_attributes(resource)
        for scope_logs in _dicts(resource_logs.get("scopeLogs")):
            scope = scope_logs.get("scope")
            scope = scope if isinstance(scope, dict) else {}
            within = common | _json_attributes(scope)
            for record in _dicts(scope_logs.get("logRecords")):
                yield LogRecord(
                    scope=str(scope.get("name") or ""),
                    time=_whole(record.get("timeUnixNano")),
                    severity=_whole(record.get("severityNumber")),
                    body=_json_value(record.get("body")),
                    attributes=within | _json_attributes(record),
                )


def _json_attributes(holder: Any) -> dict[str, Any]:
    if not isinstance(holder, dict):
        return {}
    return _json_key_values(holder.get("attributes"))


def _json_key_values(pairs: Any) -> dict[str, Any]:
    return {
        str(pair.get("key")): _json_value(pair.get("value")) for pair in _dicts(pairs)
    }


def _json_value(value: Any) -> Any:
    if not isinstance(value, dict):
        return None
    for name, found in value.items():
        if name == "intValue":
            return _whole(found)
        if name == "arrayValue":
            return [_json_value(one) for one in _dicts_in(found)]
        if name == "kvlistValue":
            return _json_key_values(_values_in(found))
        if name in ("stringValue", "boolValue", "doubleValue", "bytesValue"):
            return found
    return None


def _values_in(holder: Any) -> Any:
    return holder.get("values") if isinstance(holder, dict) else None


def _dicts_in(holder: Any) -> Iterator[dict[str, Any]]:
    return _dicts(_values_in(holder))


def _dicts(values: Any) -> Iterator[dict[str, Any]]:
    for value in values if isinstance(values, list) else ():
        if isinstance(value, dict):
            yield value


def _whole(value: Any) -> int:
    """Return a number that may be written as text, as int64 is in JSON; else 0."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
