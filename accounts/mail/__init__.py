"""Mails to people. One that cannot be sent never undoes the change that it reports."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts.models import Invitation, User

logger = logging.getLogger(__name__)


def deliver(message: EmailMessage) -> bool:
    """Send a mail, and tell whether the mail server took it; a failure is logged."""
    try:
        message.send()
    except (OSError, SMTPException):
        # Without the addressee: the log is read by more people than the mail.
        logger.exception("A mail could not be sent; check the EMAIL_ settings")
        return False
    return True


def mail_invitation(invitation: Invitation, link: str) -> bool:
    """Mail the link of an invitation, and tell whether the mail server took it."""
    context = {"invitation": invitation, "link": link}
    return _deliver_template("invitation", context, to=invitation.email)


def mail_email_changed(user: User, *, before: str) -> bool:
    """Mail the address `before` that it was replaced: whoever changed it reads the new
    one.
    """
    context = {"user": user, "before": before, "base_url": settings.BASE_URL}
    return _deliver_template("email_changed", context, to=before)


def _deliver_template(name: str, context: dict[str, Any], *, to: str) -> bool:
    subject = render_to_string(f"accounts/email/{name}_subject.txt", context)
    body = render_to_string(f"accounts/email/{name}_message.txt", context)
    return deliver(EmailMessage(subject.strip(), body, to=[to]))
