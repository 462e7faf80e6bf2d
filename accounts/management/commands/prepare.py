"""`manage.py prepare`: what each start needs, the tables and the static files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts import first_owner
from web import static_files
from web.pooling.startup_check import pooler_fault
from web.private_files import make_owner_only_folder


class Command(BaseCommand):
    help = (
        "Brings tables and static files up to date, as each start needs them, and "
        "prints the link with which the first owner signs up, once there is one."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - `migrate` runs them

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0, skip_checks=False)
        if fault := pooler_fault():
            raise CommandError(fault)
        if not static_files.are_collected():
            make_owner_only_folder(Path(settings.STATIC_ROOT))
            static_files.forget_collected()
            call_command("collectstatic", interactive=False, verbosity=0)
            static_files.note_collected()
        link = first_owner.link()
        if link:
            self.stdout.write(link)
