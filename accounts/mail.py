"""Mails to people. One that cannot be sent never fails what it told of."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts.models import Invitation

logger = logging.getLogger(__name__)


def deliver(message: EmailMessage) -> bool:
    """Whether the mail server took it."""
    try:
        message.send()
    except (OSError, SMTPException):
        # Without the addressee: the log is read by more people than the mail.
        logger.exception("A mail could not be sent; check the EMAIL_ settings")
        return False
    return True


def mail_invitation(invitation: Invitation, link: str) -> bool:
    context = {"invitation": invitation, "link": link}
    subject = render_to_string("accounts/email/invitation_subject.txt", context)
    body = render_to_string("accounts/email/invitation_message.txt", context)
    return deliver(EmailMessage(subject.strip(), body, to=[invitation.email]))
