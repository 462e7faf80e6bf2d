"""The connection to a mail server."""

from __future__ import annotations

import ssl

from django.core.mail.backends import smtp
from django.utils.functional import cached_property

from web.outgoing.authorities import tls_context


class EmailBackend(smtp.EmailBackend):
    """A mail server, reached over TLS from the first byte, by STARTTLS, or without."""

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        return tls_context()
