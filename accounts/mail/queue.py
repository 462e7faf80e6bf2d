"""Mails as jobs: tried at once for whoever asked, and again by a worker where that failed.

The row is there before the first try, so that a mail outlives the process that sends it.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.core.mail import EmailMessage, get_connection
from django.db.models import Value
from django.db.models.functions import Now

from accounts.mail.failures import ERRORS, failure_of
from accounts.mail.sealing import BrokenSeal, seal, unseal
from accounts.models import Invitation, WaitingMail
from web.database_clock import database_now

logger = logging.getLogger(__name__)

# Nobody waits for a worker, so it has more patience with a slow server, seconds.
WORKER_TIMEOUT = 30
OUTDATED_KEY = "SECRET_KEY is another one since, so the mail cannot be read any more."
KILLED = "Each process that tried to send it was killed meanwhile."
# One after the other: a server that hangs holds one thread of a worker and no more.
_sending = threading.Lock()


@dataclass(frozen=True)
class Outcome:
    """What became of a mail.

    reason: a sentence where it was not sent. is_kept: then it is tried again later.
    """

    is_sent: bool
    is_kept: bool = False
    reason: str = ""


def deliver(
    message: EmailMessage,
    *,
    about: str,
    lifetime: timedelta,
    invitation: Invitation | None = None,
) -> Outcome:
    """Send a mail to one address, or keep it to be tried again.

    about: what it is about; one that waits about the same is replaced.
    lifetime: how long it is of use, which is that of the link in it.
    """
    content = {"to": message.to, "subject": message.subject, "body": message.body}
    job = {
        **WaitingMail.afresh(),
        "state": WaitingMail.State.RUNNING,
        "attempts": 1,
        "claim": uuid4(),
        "lease_until": Now() + Value(WaitingMail.lease()),
        "sealed": seal(json.dumps(content).encode()),
        "expires_at": Now() + Value(lifetime),
        "invitation": invitation,
    }
    mail, _ = WaitingMail.objects.update_or_create(about=about, defaults=job)
    return _send(mail, message)


def send_due(is_stopping: Callable[[], bool]) -> None:
    """Try again each mail that is due, until none is, or the process is to end."""
    if not _sending.acquire(blocking=False):
        return
    try:
        while not is_stopping():
            mail = WaitingMail.claim_next()
            if mail is None:
                return
            _send_again(mail)
    finally:
        _sending.release()


def forget_expired() -> int:
    """Delete mails whose links have expired by now; return how many."""
    count, _ = WaitingMail.objects.filter(expires_at__lte=Now()).delete()
    return count


def _send_again(mail: WaitingMail) -> None:
    if mail.is_exhausted:
        mail.give_up(KILLED)
        return
    if _is_outdated(mail):
        mail.claimed().delete()
        return
    try:
        content = json.loads(unseal(bytes(mail.sealed)))
    except BrokenSeal:
        mail.give_up(OUTDATED_KEY)
        logger.error("A mail is given up: %s", OUTDATED_KEY)
        return
    connection = get_connection(timeout=WORKER_TIMEOUT)
    _send(mail, EmailMessage(**content, connection=connection))


def _is_outdated(mail: WaitingMail) -> bool:
    """Return whether the mail's link has expired, or somebody used it without the mail."""
    if mail.expires_at <= database_now():
        return True
    return mail.invitation is not None and mail.invitation.state() == "accepted"


def _send(mail: WaitingMail, message: EmailMessage) -> Outcome:
    try:
        message.send()
    except ERRORS as error:
        failure = failure_of(error, message.to[0])
    else:
        mail.claimed().delete()
        return Outcome(is_sent=True)
    if failure.is_final:
        mail.give_up(failure.reason)
    else:
        mail.try_later(failure.reason)
    is_kept = not failure.is_final and mail.attempts <= len(WaitingMail.WAITS)
    next_step = "It is tried again." if is_kept else "It is given up."
    # Without a traceback and the addressee: the log is read by more people than the mail.
    logger.warning("A mail could not be sent. %s %s", failure.reason, next_step)
    return Outcome(is_sent=False, is_kept=is_kept, reason=failure.reason)
