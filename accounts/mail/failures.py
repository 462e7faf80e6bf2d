"""Why a mail could not be sent, as a sentence that says what to do.

Without what the server wrote: that may hold the addressee, and the log is read by more
people than the mail. Its codes are told.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass

from django.conf import settings
from django.core.mail.message import sanitize_address

from web.outgoing.certificate_faults import certificate_fault

# What sending may raise; a ValueError is an address that no mail can be written to.
ERRORS = (OSError, smtplib.SMTPException, ValueError)
# Where servers speak TLS from the first byte, and where not.
TLS_PORT = 465
PLAIN_PORTS = (25, 587)
# "5.1.1" of a reply, which says more than its 550 (RFC 3463).
STATUS = re.compile(r"\A[245]\.\d{1,3}\.\d{1,3}\b")


@dataclass(frozen=True)
class Failure:
    """One try that failed. is_final: another one would fail as well."""

    reason: str
    is_final: bool = False


def failure_of(error: Exception, address: str) -> Failure:
    """Return why a mail to this address could not be sent, by one of ERRORS."""
    if not _can_be_written(address):
        return Failure("No mail can be sent to such an address.", is_final=True)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        replies = list(error.recipients.values())
        code = _code(*replies[0]) if replies else ""
        is_final = bool(replies) and all(500 <= reply[0] <= 599 for reply in replies)
        return Failure(f"The mail server refused the address{code}.", is_final)
    if isinstance(error, smtplib.SMTPException):
        return Failure(_of_smtp(error))
    if isinstance(error, OSError):
        return Failure(_of_connection(error))
    return Failure("The mail could not be written; check DEFAULT_FROM_EMAIL.")


def _can_be_written(address: str) -> bool:
    try:
        sanitize_address(address, "utf-8")
    except ValueError:
        return False
    return True


def _of_smtp(error: smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _of_reply(error)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        if "timed out" in str(error):
            return _in_time()
        return f"The mail server closed the connection.{_about_the_port()}"
    if "STARTTLS" in str(error):
        return (
            "The mail server offers no STARTTLS. Set EMAIL_USE_SSL=true where it speaks "
            "TLS from the first byte, or EMAIL_USE_TLS=false where it speaks none."
        )
    if "AUTH" in str(error) or "authentication" in str(error):
        return (
            "The mail server offers no way to log in that is known here; check "
            "EMAIL_HOST_USER, EMAIL_PORT and EMAIL_USE_TLS."
        )
    return "The mail server could not be understood; check the EMAIL_ settings."


def _of_reply(error: smtplib.SMTPResponseException) -> str:
    code = _code(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return (
            "The mail server did not accept EMAIL_HOST_USER and EMAIL_HOST_PASSWORD"
            f"{code}."
        )
    if isinstance(error, smtplib.SMTPHeloError):
        return (
            "The mail server did not accept the name by which Zelto introduces itself, "
            f"the host of ZELTO_BASE_URL{code}."
        )
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"The mail server refused the sender, DEFAULT_FROM_EMAIL{code}."
    if isinstance(error, smtplib.SMTPDataError):
        return f"The mail server did not take the mail{code}."
    return f"The mail server refused the connection{code}."


def _code(code: int, text: bytes | str) -> str:
    """Return the codes of a reply in brackets, with a space before."""
    words = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    status = STATUS.match(words)
    return f" ({code} {status[0]})" if status else f" ({code})"


def _of_connection(error: OSError) -> str:
    if why := certificate_fault(error):
        return f"No TLS with the mail server, EMAIL_HOST: {why}"
    if isinstance(error, ssl.SSLError):
        return f"No TLS with the mail server ({error.reason}).{_about_the_port()}"
    if isinstance(error, TimeoutError):
        return _in_time()
    if isinstance(error, socket.gaierror):
        return "The name of the mail server, EMAIL_HOST, is not known."
    what = error.strerror or type(error).__name__
    if not settings.EMAIL_HOST:
        return f"The mail could not be written to the data folder ({what})."
    return f"The mail server cannot be reached ({what})."


def _in_time() -> str:
    return f"The mail server did not answer in time.{_about_the_port()}"


def _about_the_port() -> str:
    """Return a sentence, with a space before, on TLS and the port where they differ."""
    usual = (TLS_PORT,) if settings.EMAIL_USE_SSL else PLAIN_PORTS
    if settings.EMAIL_PORT in usual:
        return ""
    if settings.EMAIL_USE_SSL:
        return (
            f" Perhaps it does not speak TLS from the first byte on port "
            f"{settings.EMAIL_PORT}: then set EMAIL_USE_SSL=false."
        )
    return (
        f" Perhaps it speaks TLS from the first byte on port {settings.EMAIL_PORT}: then "
        "set EMAIL_USE_SSL=true in the place of EMAIL_USE_TLS."
    )
