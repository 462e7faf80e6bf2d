"""`manage.py rebuild`, which folds conversations again from the delivery log."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from typing import Any

from django.core.management.base import BaseCommand

from integrations.management.commands.demo import find_organization
from integrations.processing import rebuild
from integrations.processing.rebuild import Progress

BAR_WIDTH = 30  # characters
LINE_EVERY_SECONDS = 10


class Command(BaseCommand):
    help = (
        "Folds conversations again from the delivery log. Safe at any time, also while "
        "sessions arrive; what the log holds, it restores."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as `provision`

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--organization", help="name or address (slug); all of them by default"
        )
        parser.add_argument(
            "--since",
            type=day,
            metavar="DATE",
            help="only what arrived on this day (2026-11-30) or later",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, with a bar on a terminal, else with a line every ten seconds."""
        name = options["organization"]
        organization = find_organization(name) if name else None
        since = None
        if options["since"]:
            zone = organization.zone if organization else UTC
            since = datetime.combine(options["since"], time_of_day.min, tzinfo=zone)
        progress = Progress(total=0)
        reported_at = time.monotonic()
        on_terminal = self.stdout.isatty()
        for progress in rebuild.rebuild(organization=organization, since=since):
            if on_terminal:
                self.stdout.write(f"\r{bar(progress)}", ending="")
                self.stdout.flush()
            elif time.monotonic() - reported_at >= LINE_EVERY_SECONDS:
                reported_at = time.monotonic()
                self.stdout.write(f"{progress.done:,} of {progress.total:,}")
                self.stdout.flush()
        if on_terminal:
            self.stdout.write("")
        self.stdout.write(conclusion(progress))


def day(text: str) -> date:
    """Return the day that an argument names in ISO 8601.

    Raises:
        ArgumentTypeError: it names none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a date like 2026-11-30.") from None


def bar(progress: Progress) -> str:
    """Return the progress as a line for a terminal, with a bar of 30 characters."""
    # Sessions that arrive meanwhile may make more than there were.
    total = max(progress.total, progress.done, 1)
    filled = BAR_WIDTH * progress.done // total
    return (
        f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {progress.done:,} of {total:,}"
    )


def conclusion(progress: Progress) -> str:
    """Return the sentences in which a rebuild that has ended says what it did."""
    sentences = [
        f"{progress.rebuilt:,} of {progress.done:,} conversations folded again."
    ]
    if progress.expired:
        sentences.append(
            f"{progress.expired:,} stay as they are: bodies of theirs have expired."
        )
    if progress.unreadable:
        sentences.append(
            f"{progress.unreadable:,} stay as they are: bodies of theirs no longer "
            "read as a call; the log names them."
        )
    return " ".join(sentences)
