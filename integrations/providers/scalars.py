"""Single values as senders write them: times, money, ids, addresses.

Each function returns the value read, or raises pydantic's custom error with a
sentence that completes "`path` ...".
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urlsplit
from uuid import UUID

from pydantic_core import PydanticCustomError

from conversations.turn_values import is_number, is_numeric, moment_of
from integrations.providers.faults import shown
from web.storable_text import has_control_characters

MAX_URL_CHARACTERS = 4096

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


def moment(value: Any) -> datetime:
    """Return an aware datetime of a time as senders write it: see `moment_of`.

    Raises:
        PydanticCustomError: it is none, or not of the years 1970 to 2100.
    """
    try:
        return moment_of(value)
    except ValueError as misfit:
        reject(str(misfit), value)


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
