"""Read how mails leave, and refuse settings with which none would."""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from zelto.base_address import LOOPBACK_NAMES, base_address
from zelto.env import env_bool, env_int, env_text

# Where mail servers speak TLS from the first byte (RFC 8314), and where not.
TLS_PORT = 465
STARTTLS_PORT = 587


@dataclass(frozen=True)
class MailConfig:
    """How mails leave.

    host: empty where each becomes a file. timeout: seconds, for each answer. name: what
    this machine calls itself to the server; empty where the machine's own name is to do.
    """

    host: str
    port: int
    use_ssl: bool
    use_tls: bool
    user: str
    password: str
    timeout: int
    sender: str
    name: str


def mail_config() -> MailConfig:
    """Return what the EMAIL_ settings and DEFAULT_FROM_EMAIL say.

    Raises:
        ImproperlyConfigured: one is not valid, or two of them exclude each other; the
            text names them and never tells the password.
    """
    use_ssl, use_tls, port = _encryption()
    return MailConfig(
        host=_host(),
        port=port,
        use_ssl=use_ssl,
        use_tls=use_tls,
        user=_ascii("EMAIL_HOST_USER", env_text("EMAIL_HOST_USER")),
        password=_ascii("EMAIL_HOST_PASSWORD", env_text("EMAIL_HOST_PASSWORD")),
        timeout=env_int("EMAIL_TIMEOUT", 10, minimum=1),
        sender=_sender(),
        name="" if base_address().host in LOOPBACK_NAMES else _mail_domain(),
    )


def mail_settings() -> dict[str, Any]:
    """Return Django's settings of mail.

    Raises:
        ImproperlyConfigured: as of `mail_config`.
    """
    mail = mail_config()
    # Without a mail server each mail is a file: links in it stay out of the log.
    backend = "smtp" if mail.host else "files"
    return {
        "EMAIL_BACKEND": f"accounts.mail.{backend}.EmailBackend",
        "EMAIL_HOST": mail.host,
        "EMAIL_PORT": mail.port,
        "EMAIL_HOST_USER": mail.user,
        "EMAIL_HOST_PASSWORD": mail.password,
        "EMAIL_USE_SSL": mail.use_ssl,
        "EMAIL_USE_TLS": mail.use_tls,
        "EMAIL_TIMEOUT": mail.timeout,
        "EMAIL_LOCAL_HOSTNAME": mail.name,
        "DEFAULT_FROM_EMAIL": mail.sender,
    }


def _encryption() -> tuple[bool, bool, int]:
    """Return whether TLS begins with the first byte, whether by STARTTLS, and the port.

    Raises:
        ImproperlyConfigured: both, or STARTTLS where it is not spoken.
    """
    says_tls = bool(env_text("EMAIL_USE_TLS")) and env_bool("EMAIL_USE_TLS")
    says_port = bool(env_text("EMAIL_PORT"))
    port = env_int("EMAIL_PORT", STARTTLS_PORT, minimum=1)
    if port > 65535:
        raise ImproperlyConfigured("EMAIL_PORT must be a whole number, 1 to 65535.")
    if not env_text("EMAIL_USE_SSL"):
        if port == TLS_PORT and says_tls:
            raise ImproperlyConfigured(
                "EMAIL_USE_TLS must not be true with EMAIL_PORT=465: mail servers speak "
                "TLS from the first byte there. Set EMAIL_USE_SSL=true and remove "
                "EMAIL_USE_TLS; for a server that takes STARTTLS there, set "
                "EMAIL_USE_SSL=false."
            )
        use_ssl = port == TLS_PORT
    else:
        use_ssl = env_bool("EMAIL_USE_SSL")
    if use_ssl and says_tls:
        raise ImproperlyConfigured(
            "EMAIL_USE_SSL and EMAIL_USE_TLS must not both be true: the first is TLS from "
            "the first byte (port 465), the second STARTTLS (port 587). Remove one."
        )
    if use_ssl and not says_port:
        port = TLS_PORT
    return use_ssl, not use_ssl and env_bool("EMAIL_USE_TLS", True), port


def _host() -> str:
    host = env_text("EMAIL_HOST")
    if re.search(r"[/@\s]", host) or host.count(":") == 1:
        raise ImproperlyConfigured(
            "EMAIL_HOST must be the name of a mail server alone, such as "
            "mail.example.com; port, user and password have settings of their own."
        )
    return host.removeprefix("[").removesuffix("]")


def _ascii(name: str, text: str) -> str:
    if not text.isascii():
        raise ImproperlyConfigured(
            f"{name} has a letter beyond ASCII, which cannot be sent to a mail server; "
            "choose another one there."
        )
    return text


def _mail_domain() -> str:
    """Return the host of ZELTO_BASE_URL as mail writes it: IP addresses as literals."""
    host = base_address().host
    if host.startswith("["):
        return f"[IPv6:{host[1:]}"
    return f"[{host}]" if re.fullmatch(r"[0-9.]+", host) else host


def _sender() -> str:
    sender = env_text("DEFAULT_FROM_EMAIL", f"zelto@{_mail_domain()}")
    local, at, domain = parseaddr(sender)[1].rpartition("@")
    if not (local and at and domain and local.isascii() and sender.isprintable()):
        raise ImproperlyConfigured(
            "DEFAULT_FROM_EMAIL must be an e-mail address, such as zelto@example.com or "
            "Zelto <zelto@example.com>."
        )
    return sender
