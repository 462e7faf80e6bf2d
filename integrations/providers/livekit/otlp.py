"""Log records and spans of OpenTelemetry (OTLP 1.x), as protobuf or as JSON: what
LiveKit's SDKs log and trace, as plain values. Pure.

Source: opentelemetry-proto, logs/v1/logs.proto, trace/v1/trace.proto and
common/v1/common.proto.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
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


@dataclass(frozen=True, slots=True)
class Span:
    """One span.

    ended: nanoseconds since 1970. attributes: as of a record.
    """

    name: str
    ended: int
    attributes: dict[str, Any]


def read_protobuf(data: bytes, budget: Budget) -> Iterator[LogRecord]:
    """Yield the records of an `ExportLogsServiceRequest`.

    Raises:
        NotProtobuf: it is none, or holds more than the budget.
    """
    for record, scope, common in _items(data, budget):
        yield _record(record, scope, common, budget)


def read_protobuf_spans(
    data: bytes, budget: Budget, names: Collection[str]
) -> Iterator[Span]:
    """Yield the spans of an `ExportTraceServiceRequest` that have one of these names;
    of the others nothing is read, whatever they hold.

    Raises:
        NotProtobuf: it is none, or holds more than the budget.
    """
    for span, _, common in _items(data, budget):
        name, ended, own = "", 0, []
        for number, _, value in wire.fields(span, budget):
            if number == 5:
                name = wire.text(value)
            elif number == 8:
                ended = wire.number(value)
            elif number == 9 and isinstance(value, bytes):
                own.append(value)
        if name in names:
            attributes = dict(common)
            for pair in own:
                attributes |= _key_value(pair, budget, MAX_DEPTH)
            yield Span(name, ended, attributes)


def _items(data: bytes, budget: Budget) -> Iterator[tuple[bytes, str, dict[str, Any]]]:
    """Yield each record or span, both of which are wrapped alike, with the name of its
    scope, and the attributes of its resource and scope.
    """
    for of_resource in wire.messages(data, 1, budget):
        common: dict[str, Any] = {}
        for resource in wire.messages(of_resource, 1, budget):
            common |= _key_values(resource, 1, budget)
        for of_scope in wire.messages(of_resource, 2, budget):
            yield from _of_scope(of_scope, common, budget)


def _of_scope(
    data: bytes, common: dict[str, Any], budget: Budget
) -> Iterator[tuple[bytes, str, dict[str, Any]]]:
    scope, items = b"", []
    for number, _, value in wire.fields(data, budget):
        if number == 1 and isinstance(value, bytes):
            scope = value
        elif number == 2 and isinstance(value, bytes):
            items.append(value)
    name = ""
    for number, _, value in wire.fields(scope, budget):
        name = wire.text(value) if number == 1 else name
    common = common | _key_values(scope, 3, budget)
    for item in items:
        yield item, name, common


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
    names = ("resourceLogs", "scopeLogs", "logRecords")
    for record, scope, common in _json_items(payload, *names):
        yield LogRecord(
            scope=scope,
            time=_whole(record.get("timeUnixNano")),
            severity=_whole(record.get("severityNumber")),
            body=_json_value(record.get("body")),
            attributes=common | _json_attributes(record),
        )


def read_json_spans(payload: dict[str, Any], names: Collection[str]) -> Iterator[Span]:
    """Yield the spans of these names in JSON; what has another shape is left out."""
    for span, _, common in _json_items(payload, "resourceSpans", "scopeSpans", "spans"):
        if span.get("name") in tuple(names):
            yield Span(
                name=span["name"],
                ended=_whole(span.get("endTimeUnixNano")),
                attributes=common | _json_attributes(span),
            )


def _json_items(
    payload: dict[str, Any], of_resources: str, of_scopes: str, items: str
) -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    for of_resource in _dicts(payload.get(of_resources)):
        common = _json_attributes(of_resource.get("resource"))
        for of_scope in _dicts(of_resource.get(of_scopes)):
            scope = of_scope.get("scope")
            scope = scope if isinstance(scope, dict) else {}
            within = common | _json_attributes(scope)
            for item in _dicts(of_scope.get(items)):
                yield item, str(scope.get("name") or ""), within


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
