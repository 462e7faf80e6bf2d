"""What allauth leaves to its host: links in mails, who signs up, messages, rate limits."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as request_context
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse

from accounts.links import absolute_url
from accounts.mail import mail_about_account
from accounts.models import User
from accounts.sign_in.failed_logins import count_failure, forget_failures

# To whoever asked, whom nobody knows: no reason, which is for the operator.
KEPT = (
    "The mail could not be sent just now. It is kept, and sent as soon as the mail server "
    "takes it."
)
GIVEN_UP = "The mail server takes no mail to this address. Check how it is written."


class AccountAdapter(DefaultAccountAdapter):
    """Signing in without the Host header of a request, and without sign-up by allauth."""

    error_messages = {  # noqa: RUF012
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "This e-mail address and password do not match.",
        "too_many_login_attempts": (
            "Too many failed attempts. Try again in some minutes, or choose a new "
            "password with “Forgot your password?”."
        ),
        "enter_current_password": "This is not your current password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        # By our own pages only, which also make or join an organization.
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _, token = key.partition("-")
        return absolute_url(
            reverse(
                "account_reset_password_from_key", kwargs={"uidb36": uid, "key": token}
            )
        )

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        super().set_password(user, password)
        # Whoever forgot it has guessed before: they come in with the new one at once.
        forget_failures(request_context.request, cast(User, user).email)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        # In place of allauth's own count, by which anybody may hold up anybody's account.
        # It takes this one back after a right password.
        email = str(credentials.get("email", "")).lower()
        self._login_failed_rl_usage = count_failure(request, email)
        if self._login_failed_rl_usage is None:
            raise self.validation_error("too_many_login_attempts")

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        # allauth would put the request's Host header into links.
        context = {**context, "email": email, "base_url": settings.BASE_URL}
        message = self.render_mail(template_prefix, email, context)
        outcome = mail_about_account(message, template=template_prefix)
        if not outcome.is_sent:
            sentence = KEPT if outcome.is_kept else GIVEN_UP
            messages.warning(request_context.request, sentence)

    def get_client_ip(self, request: HttpRequest) -> str:
        try:
            return str(super().get_client_ip(request))
        except PermissionDenied:
            # Behind a Unix socket nobody has an address: all share one limit.
            return "0.0.0.0"  # noqa: S104
