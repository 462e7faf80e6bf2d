"""The connection to a mail server."""

from __future__ import annotations

import smtplib
import ssl
from typing import Any

from django.conf import settings
from django.core.mail.backends import smtp
from django.utils.functional import cached_property

from web.outgoing.authorities import tls_context


class EmailBackend(smtp.EmailBackend):
    """A mail server, reached over TLS from the first byte, by STARTTLS, or without."""

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        return tls_context()

    @property
    def connection_class(self) -> type[smtplib.SMTP_SSL | smtplib.SMTP]:
        return _WithTls if self.use_ssl else _WithoutTls

    def refused(self) -> list[str]:
        """Return to whom the last mail did not go, though it went to others: Django drops
        what `smtplib` tells of them.
        """
        return list(getattr(self.connection, "refused", ()))


class _WithoutTls(smtplib.SMTP):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options | _name())

    def sendmail(self, *arguments: Any, **options: Any) -> Any:
        self.refused = super().sendmail(*arguments, **options)
        return self.refused


class _WithTls(smtplib.SMTP_SSL):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options | _name())

    def sendmail(self, *arguments: Any, **options: Any) -> Any:
        self.refused = super().sendmail(*arguments, **options)
        return self.refused


def _name() -> dict[str, str]:
    """Return by which name Zelto introduces itself, as an option of smtplib.

    Strict servers refuse a name without a domain, such as that of a container: where
    Zelto has a host that others reach, it takes that.
    """
    name = settings.EMAIL_LOCAL_HOSTNAME
    return {"local_hostname": name} if name else {}
