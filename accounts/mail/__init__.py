"""Mails to people. One that cannot be sent never undoes the change that it reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from accounts.mail.queue import Outcome, deliver
from accounts.models import Invitation, User

__all__ = ["Outcome", "mail_about_account", "mail_email_changed", "mail_invitation"]

# Of a mail without a link.
LIFETIME = timedelta(days=7)


def mail_invitation(invitation: Invitation, link: str) -> Outcome:
    """Mail the link of an invitation."""
    context = {"invitation": invitation, "link": link}
    return deliver(
        _message("invitation", context, to=invitation.email),
        about=f"invitation {invitation.pk}",
        lifetime=Invitation.LIFETIME,
        invitation=invitation,
    )


def mail_email_changed(user: User, *, before: str) -> Outcome:
    """Mail the address `before` that it was replaced: whoever changed it reads the new
    one.
    """
    context = {"user": user, "before": before, "base_url": settings.BASE_URL}
    return deliver(
        _message("email_changed", context, to=before),
        about=f"email_changed {before}",
        lifetime=LIFETIME,
    )


def mail_about_account(message: EmailMessage, *, template: str) -> Outcome:
    """Send what allauth has to say, such as the link to another password.

    template: of its text, such as `account/email/password_reset_key`.
    """
    return deliver(
        message,
        about=f"{template} {message.to[0]}",
        lifetime=timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
    )


def _message(name: str, context: dict[str, Any], *, to: str) -> EmailMessage:
    subject = render_to_string(f"accounts/email/{name}_subject.txt", context)
    body = render_to_string(f"accounts/email/{name}_message.txt", context)
    return EmailMessage(subject.strip(), body, to=[to])
