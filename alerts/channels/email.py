"""E-mail to members by their role, and to addresses, through the mail server of the
instance.
"""

from __future__ import annotations

import re
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email

from accounts.mail.failures import ERRORS, failure_of
from accounts.models import Membership, Role
from alerts.channels.checks import chosen
from alerts.channels.kind import (
    ChannelConfigError,
    ChannelKind,
    CheckedConfig,
    Config,
    Field,
    Notice,
)
from alerts.channels.text import Answer, Severity
from alerts.channels.wording import clip, one_line

PEOPLE = (
    ("admins", "Owners and admins"),
    ("owners", "Owners"),
    ("members", "All members"),
    ("nobody", "Only the addresses below"),
)
ROLES = {
    "admins": (Role.OWNER, Role.ADMIN),
    "owners": (Role.OWNER,),
    "members": tuple(Role),
    "nobody": (),
}
MAX_ADDRESSES = 20
# Of one mail; servers take at least 100 (RFC 5321, 4.5.3.1.8).
MAX_RECIPIENTS = 100
# A worker has more patience with a slow server than a page, seconds.
TIMEOUT = 30
MAX_SUBJECT_CHARACTERS = 180
WORDS = {
    Severity.CRITICAL: "Alert",
    Severity.WARNING: "Alert",
    Severity.INFO: "Zelto",
    Severity.RESOLVED: "Over",
}


def check(values: Config) -> CheckedConfig:
    """Accept who is mailed.

    Raises:
        ChannelConfigError: it is nobody, or an address is none.
    """
    people = chosen(values, "people", PEOPLE)
    found = re.split(r"[\s,;]+", values.get("addresses", ""))
    addresses = list(dict.fromkeys(filter(None, found)))
    for address in addresses:
        _accept(address)
    if len(addresses) > MAX_ADDRESSES:
        raise ChannelConfigError(
            "addresses", f"A channel has at most {MAX_ADDRESSES} addresses."
        )
    if people == "nobody" and not addresses:
        raise ChannelConfigError("addresses", "Enter an address, or choose members.")
    named = [dict(PEOPLE)[people]] if people != "nobody" else []
    shown = clip(", ".join([*named, *addresses]), 200)
    return CheckedConfig(shown, {"people": people, "addresses": "\n".join(addresses)})


def _accept(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise ChannelConfigError(
            "addresses", f"{clip(address, 100)} is not an e-mail address."
        ) from None


def recipients(config: Config, notice: Notice) -> list[str]:
    """Return who is mailed now, members first."""
    if notice.is_for_owners:
        return _members(notice.organization_id, ROLES["owners"])
    addresses = config.get("addresses", "").split()
    members = _members(notice.organization_id, ROLES[config.get("people", "admins")])
    return list(dict.fromkeys([*members, *addresses]))[:MAX_RECIPIENTS]


def _members(organization_id: UUID, roles: tuple[Role, ...]) -> list[str]:
    members = Membership.objects.filter(
        organization_id=organization_id, role__in=roles, user__is_active=True
    )
    emails = members.order_by("pk").values_list("user__email", flat=True)
    return list(emails[:MAX_RECIPIENTS])


def compose(to: list[str], notice: Notice) -> EmailMessage:
    """Return the mail. Mails about one issue are one thread, and a second try of the
    same has the same `Message-ID`.
    """
    text = notice.text
    title = one_line(text.title)
    subject = clip(f"{WORDS[text.severity]}: {title}", MAX_SUBJECT_CHARACTERS)
    links = [f"{link.label}:\n{link.url}" for link in text.links]
    parts = [title, "\n".join(text.lines), *links, _foot()]
    domain = settings.EMAIL_LOCAL_HOSTNAME or "localhost"
    headers = {
        "Message-ID": f"<{notice.message_id}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if text.dedup_key:
        headers["References"] = f"<{text.dedup_key}@{domain}>"
    body = "\n\n".join(filter(None, parts)) + "\n"
    return EmailMessage(subject, body, to=to, headers=headers)


def _foot() -> str:
    return (
        f"-- \nSent by Zelto at {settings.BASE_URL}\n"
        "Admins change who is mailed under Alerts, Channels."
    )


def send(config: Config, notice: Notice) -> Answer:
    """Send one mail to all of them: either all are mailed, or it is tried again."""
    to = recipients(config, notice)
    if not to:
        return Answer(
            was_taken=False, reason="Nobody has this role any more.", is_final=True
        )
    message = compose(to, notice)
    message.connection = connection = get_connection(timeout=TIMEOUT)
    try:
        with connection:
            message.send()
            refused: list[str] = getattr(connection, "refused", list)()
    except ERRORS as error:
        failure = failure_of(error, to[0])
        code = getattr(error, "smtp_code", None)
        return Answer(
            was_taken=False,
            status=code if isinstance(code, int) and 200 <= code < 600 else None,
            reason=failure.reason,
            is_final=failure.is_final,
        )
    if not settings.EMAIL_HOST:
        where = "written to the data folder, since EMAIL_HOST is not set"
        return Answer(was_taken=True, answer=f"To {_addresses(len(to))}, {where}.")
    said = f"To {_addresses(len(to) - len(refused))}."
    if refused:
        said += f" The mail server refused {_addresses(len(refused))}."
    return Answer(was_taken=True, status=250, answer=said)


def _addresses(count: int) -> str:
    return f"{count} {'address' if count == 1 else 'addresses'}"


KIND = ChannelKind(
    label="E-mail",
    intro="One mail to all of them, through the mail server of this instance.",
    fields=(
        Field("people", "Members", choices=PEOPLE, initial="admins"),
        Field(
            "addresses",
            "Other addresses",
            f"One a line, at most {MAX_ADDRESSES}.",
            is_required=False,
            is_long=True,
        ),
    ),
    check=check,
    send=send,
)
