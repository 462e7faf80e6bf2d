"""A mail server that is set up, and the name and certificate that it has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.accounts.mail.certificates import make_certificate
from tests.zelto.free_port import free_port
from web.outgoing import authorities


@pytest.fixture(autouse=True)
def new_authorities() -> Iterator[None]:
    """Read anew whom this process trusts, which is what its environment says."""
    authorities._all_authorities.cache_clear()
    yield
    authorities._all_authorities.cache_clear()


@pytest.fixture
def port(settings: Any) -> int:
    """Return the port of a mail server that is set up; nobody listens there yet."""
    port = free_port()
    settings.EMAIL_BACKEND = "accounts.mail.smtp.EmailBackend"
    settings.EMAIL_HOST = "localhost"
    settings.EMAIL_PORT = port
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_TIMEOUT = 5
    settings.EMAIL_LOCAL_HOSTNAME = ""
    settings.DEFAULT_FROM_EMAIL = "zelto@example.com"
    return port


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a certificate for localhost that this process trusts."""
    path = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path
