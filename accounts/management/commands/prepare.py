"""`manage.py prepare`: what each start needs, the tables and the static files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts import first_owner
from web import static_files
from web.pooling.startup_check import pooler_fault
from web.private_files import make_owner_only_folder


class Command(BaseCommand):
    help = (
        "Brings tables and static files up to date, as each start needs them, and "
        "prints the link with which the first owner signs up, once there is one."
    )
    # They read all addresses, which takes longer than all the rest where nothing is to
    # be brought up to date. `migrate` runs them, and who changes code sets DEBUG.
    requires_system_checks: list[str] = []  # noqa: RUF012

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEBUG or not has_all_migrations():
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


def has_all_migrations() -> bool:
    """Tell whether the database has each migration of this release."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
