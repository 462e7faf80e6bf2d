"""Single values as senders write them: times, money, ids, addresses.

Each function returns the value read, or raises pydantic's custom error with a
sentence that completes "`path` ...".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urlsplit
from uuid import UUID

from pydantic_core import PydanticCustomError

from integrations.providers.faults import shown
from web.storable_text import has_control_characters

NUMERIC = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", flags=re.ASCII)
MAX_NUMBER_CHARACTERS = 64  # characters
MAX_URL_CHARACTERS = 4096

# Unix seconds: 1970-01-01 up to, not including, 2101-01-01.
LAST_SECOND = 4_133_980_800
MILLISECONDS_FROM = 1e11

MAX_DOLLARS = Decimal("1e12")
MICRODOLLAR = Decimal("0.000001")


def reject(sentence: str, value: Any) -> NoReturn:
    """Raise the misfit of a value. sentence: what completes "`path` ...".

    Raises:
        PydanticCustomError: always.
    """
    # As context, not as template: a sender's braces are no placeholders.
    raise PydanticCustomError(
        "misfit", "{sentence}", {"sentence": f"{sentence}; got {shown(value)}"}
    )


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_numeric(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= MAX_NUMBER_CHARACTERS
        and NUMERIC.fullmatch(value) is not None
    )


def moment(value: Any) -> datetime:
    """Return an aware datetime of ISO 8601 or Unix time, also as text; UTC where no
    zone is named.

    Raises:
        PydanticCustomError: it is none, or not of the years 1970 to 2100.
    """
    if isinstance(value, str):
        # Eight digits are a date; every other bare number is Unix time.
        if value[4:5] == "-" or len(value) == 8 or not is_numeric(value):
            return _iso_moment(value)
        return _unix_moment(float(value), value)
    if is_number(value):
        return _unix_moment(value, value)
    reject("must be a time: ISO 8601 or Unix seconds", value)


def _iso_moment(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        try:
            read = datetime.fromisoformat(text.strip().upper())
        except ValueError:
            reject("must be a time: ISO 8601 or Unix seconds", text)
    try:
        read = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except OverflowError:
        reject("must lie in the years 1970 to 2100", text)
    if not 1970 <= read.year <= 2100:
        reject("must lie in the years 1970 to 2100", text)
    return read


def _unix_moment(number: float, sent: Any) -> datetime:
    seconds = number / 1000 if MILLISECONDS_FROM < number < 1e18 else number
    if not 0 <= seconds < LAST_SECOND:
        reject("must lie in the years 1970 to 2100", sent)
    return datetime.fromtimestamp(seconds, UTC)


def money(value: Any) -> Decimal:
    """Return US dollars, rounded half-even to six decimals.

    Raises:
        PydanticCustomError: it is no amount, or too large a one.
    """
    if not is_number(value) and not is_numeric(value):
        reject("must be a number of US dollars", value)
    amount = Decimal(str(value).strip())
    if not amount.is_finite() or not 0 <= amount < MAX_DOLLARS:
        reject("must be at least 0 and under a trillion US dollars", value)
    return abs(amount).quantize(MICRODOLLAR)


def agent_uuid(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        reject("must be the UUID of an agent, as its page shows it", value)


def web_address(value: Any) -> str:
    """Return an address that could be fetched; whether it may be is judged then.

    Raises:
        PydanticCustomError: it is no http or https URL.
    """
    if not isinstance(value, str):
        reject("must be an http or https URL", value)
    address = value.strip(" ")
    if not address:
        return ""
    if len(address) > MAX_URL_CHARACTERS:
        reject(f"must be at most {MAX_URL_CHARACTERS:,} characters long", value)
    if has_control_characters(address):
        reject("must not contain control characters", value)
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        has_host = False
    if not has_host or parts.scheme not in ("http", "https"):
        reject("must be an http or https URL with a host", value)
    return address
