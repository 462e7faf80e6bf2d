"""`manage.py provision`: an organization, a user and a key for a script."""

from __future__ import annotations

import getpass
import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import date, datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.actions import LastOwner, Provisioned, provision
from accounts.models import ApiKey, Role, User
from accounts.names import validate_one_line

HELP = """\
Makes an organization, a user who can log in at once and, with --key-name, an API key.

May be run again: the user is found by e-mail, the organization by name, the key by
name within the organization. What is there is kept, but for two things: the user gets
the password and the role given here. A key is made once per name, also if it was
revoked since; --key-scope and --key-expires count only when it is made.

The last line is one JSON object: organizationId, slug, userId, apiKey. apiKey is the
key itself when it was made now, else null; it is shown only this once.
"""

FROM_INPUT = "-"


class Command(BaseCommand):
    help = HELP
    # Half of the time that it takes; what they find in the code, `make test` finds.
    requires_system_checks: list[str] = []  # noqa: RUF012

    def create_parser(self, *args: Any, **options: Any) -> Any:
        parser = super().create_parser(*args, **options)
        # As written above, in paragraphs.
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="NAME")
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--password",
            default=FROM_INPUT,
            help="every account of this machine sees it in the list of processes; with "
            "- or left out it is the first line of standard input",
        )
        parser.add_argument("--key-name", metavar="K", help="make a key of this name")
        parser.add_argument(
            "--key-scope",
            choices=ApiKey.Scope.values,
            default=ApiKey.Scope.FULL.value,
            help="default: full",
        )
        parser.add_argument(
            "--key-expires",
            metavar="DATE",
            help="2030-12-31 (the end of that day) or 2030-12-31T18:00:00Z",
        )
        parser.add_argument(
            "--role",
            choices=Role.values,
            default=Role.OWNER.value,
            help="default: owner",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = self._email(options["email"])
        password = read_password(options["password"])
        self._warn_of_weak_password(password, email)
        key_name = options["key_name"]
        if options["key_expires"] and key_name is None:
            raise CommandError("--key-expires needs --key-name.")
        try:
            done = provision(
                organization_name=one_line("--organization", options["organization"]),
                email=email,
                password=password,
                role=options["role"],
                key_name=None if key_name is None else one_line("--key-name", key_name),
                key_scope=options["key_scope"],
                key_expires=expiry(options["key_expires"]),
            )
        except LastOwner as error:
            raise CommandError(
                f"{email} is the last owner of {options['organization']}: "
                "give it another owner first."
            ) from error
        self.stdout.write(as_json(done))

    def _email(self, text: str) -> str:
        email = text.strip().lower()
        try:
            User._meta.get_field("email").run_validators(email)
        except ValidationError as error:
            raise CommandError(f"--email {text!r} is not an e-mail address.") from error
        return email

    def _warn_of_weak_password(self, password: str, email: str) -> None:
        if not password:
            raise CommandError("--password is empty.")
        try:
            validate_password(password, User(email=email))
        except ValidationError as error:
            # The operator decides; a sign-up page would refuse.
            self.stderr.write(f"Weak password: {' '.join(error.messages)}")


def read_password(option: str) -> str:
    """Return the password of the command line, of standard input, or as a person types
    it there.

    Raises:
        CommandError: nothing comes on standard input.
    """
    if option != FROM_INPUT:
        return option
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError("There is no password on standard input.")
    return password


def one_line(option: str, text: str) -> str:
    """Return the name without spaces around it.

    Raises:
        CommandError: it is empty, longer than 255 characters, or not one line.
    """
    name = text.strip()
    if not name or len(name) > 255:
        raise CommandError(f"{option} must have 1 to 255 characters.")
    try:
        validate_one_line(name)
    except ValidationError as error:
        raise CommandError(f"{option}: {error.messages[0]}") from error
    return name


def expiry(text: str | None) -> date | datetime | None:
    """Return a date, an aware datetime, or None where no expiry is given.

    Raises:
        CommandError: it is no date, in the past, or in the year 9999.
    """
    if text is None:
        return None
    try:
        parsed: date | datetime = date.fromisoformat(text)
    except ValueError:
        parsed = moment(text)
    over = (
        parsed <= timezone.now()
        if isinstance(parsed, datetime)
        else parsed < timezone.now().date()
    )
    if parsed.year == 9999:
        raise CommandError(f"--key-expires {text} is too far away; leave it out.")
    if over:
        raise CommandError(f"--key-expires {text} is in the past.")
    return parsed


def moment(text: str) -> datetime:
    """Return an aware datetime; one without a zone is in Django's time zone.

    Raises:
        CommandError: it is not written as ISO 8601.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"--key-expires {text!r} is not a date; write it like 2030-12-31."
        ) from error
    return parsed if parsed.tzinfo else timezone.make_aware(parsed)


def as_json(done: Provisioned) -> str:
    """Return the last line of the command as one JSON object."""
    return json.dumps(
        {
            "organizationId": str(done.organization.pk),
            "slug": done.organization.slug,
            "userId": str(done.user.pk),
            "apiKey": done.key_text,
        }
    )
