"""What an answer over HTTP says, and why none came, in sentences without the address: it may
be a secret.
"""

from __future__ import annotations

import email.utils
import http
import time

import requests
import urllib3

from web.outgoing.certificate_faults import certificate_fault


def retry_after(text: str, *, most: float) -> float:
    """Return seconds, of seconds or a date as RFC 9110 has it; from 0 to `most`."""
    text = text.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        seconds = float(text)
    else:
        seconds = (http_moment(text) or 0.0) - time.time()
    return min(max(seconds, 0.0), most)


def http_moment(text: str) -> float | None:
    """Return the seconds since 1970 of a date as RFC 9110 has it."""
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def status_in_words(status: int) -> str:
    """Return a status as `404 (Not Found)`."""
    try:
        return f"{status} ({http.HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)


def not_public(host: str, setting: str) -> str:
    """Return the reason of a host that is not asked.

    setting: by which the operator would allow it.
    """
    return (
        f"{host} is not a public address, so it was not asked. Where it is meant, the "
        f"operator allows it with {setting}."
    )


def connection_fault(
    error: Exception, host: str, *, connect: float, silence: float
) -> str:
    """Return why no answer came, without the error's own text, which has the address.

    connect, silence: seconds for a connection, and for each piece of an answer.
    """
    if isinstance(error, requests.exceptions.SSLError):
        why = certificate_fault(error) or "it answers otherwise than TLS has it."
        return f"No secure connection to {host} came about: {why}"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"{host} did not answer within {connect:g} seconds."
    if isinstance(
        error, requests.exceptions.ReadTimeout | urllib3.exceptions.ReadTimeoutError
    ):
        return f"{host} sent nothing for {silence:g} seconds."
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return f"The connection to {host} broke off before all of it was here."
    return f"No connection to {host} came about."
