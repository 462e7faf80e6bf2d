"""Mails as files for the operator, where there is no mail server.

Each may hold a link that opens an account: no other account of the machine may read
them, and they are forgotten once none of their links works.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from accounts.models import Invitation
from web.private_files import (
    close_to_others,
    make_owner_only_folder,
    open_private_file,
)

SUFFIX = ".eml"


class EmailBackend(BaseEmailBackend):
    """A mail server that puts each mail into a file of its own, named by its time."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = make_owner_only_folder(Path(settings.EMAIL_FILE_PATH))
        close_to_others(folder)
        for message in email_messages:
            moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S.%f")
            path = folder / f"{moment}-{secrets.token_hex(4)}{SUFFIX}"
            with open(path, "xb", opener=open_private_file) as file:
                file.write(message.message().as_bytes())
        return len(email_messages)


def forget_old_mails() -> int:
    """Delete mails whose links have expired by now; return how many."""
    if not settings.EMAIL_FILE_PATH or not Path(settings.EMAIL_FILE_PATH).is_dir():
        return 0
    reset = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    oldest = time.time() - max(Invitation.LIFETIME, reset).total_seconds()
    forgotten = 0
    for path in Path(settings.EMAIL_FILE_PATH).iterdir():
        # Earlier releases named them otherwise.
        if path.suffix in {SUFFIX, ".log"} and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            forgotten += 1
    return forgotten
