"""`manage.py check_recordings`, which compares what the storage has of each recording
with what was stored."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organization
from conversations.recording_checks.run import (
    Checked,
    StorageAway,
    Totals,
    check_recordings,
)

PROGRESS_EVERY = 1000


class Command(BaseCommand):
    help = (
        "Reads all stored recordings and compares their size and SHA-256 with those "
        "that they had when they were stored. Names each that is not as it was; the "
        "exit code is 1 then. Safe at any time."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as `provision`

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--organization",
            metavar="SLUG",
            help="the organization's name in addresses; all of them by default",
        )
        parser.add_argument(
            "--quick",
            action="store_true",
            help="only ask for sizes, and read what is of another size or labelled",
        )
        parser.add_argument(
            "--repair",
            action="store_true",
            help="store again what the storage has packed (aws-chunked) or labelled, "
            "where exactly the stored bytes come out; nothing else is touched",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check them, and say what is wrong.

        Raises:
            CommandError: a recording is not as it was stored, or could not be read.
        """
        slug = options["organization"]
        organization = Organization.objects.filter(slug=slug).first() if slug else None
        if slug and organization is None:
            raise CommandError(f"There is no organization “{slug}”.")
        totals = Totals()
        checked = check_recordings(
            organization, is_quick=options["quick"], is_repairing=options["repair"]
        )
        try:
            for one in checked:
                totals.add(one)
                self._say(one, totals)
        except StorageAway:
            raise CommandError(
                f"The storage cannot be asked; given up after {totals.checked:,} "
                "recordings. The lines above say why."
            ) from None
        if not totals.is_all_well:
            raise CommandError(conclusion(totals))
        self.stdout.write(conclusion(totals))

    def _say(self, one: Checked, totals: Totals) -> None:
        where = f"{one.recording.pk} {one.recording.file}"
        if one.finding:
            after = " Repaired." if one.is_repaired else ""
            self.stdout.write(
                f"{where}: {one.finding.kind}. {one.finding.detail}{after}"
            )
        if one.failure:
            self.stdout.write(f"{where}: not checked ({one.failure}).")
        if totals.checked % PROGRESS_EVERY == 0:
            self.stdout.write(f"{totals.checked:,} checked")
        self.stdout.flush()


def conclusion(totals: Totals) -> str:
    """Return the sentences that say what came of a check."""
    sentences = [
        f"{totals.checked:,} checked, {totals.wrong:,} not as they were stored."
    ]
    if totals.repaired:
        sentences.append(f"{totals.repaired:,} repaired.")
    if totals.unread:
        sentences.append(f"{totals.unread:,} could not be read.")
    return " ".join(sentences)
