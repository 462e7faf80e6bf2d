"""`manage.py first_owner_link`: the link with which the first owner signs up."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts import first_owner


class Command(BaseCommand):
    help = (
        "Prints the link with which the first owner signs up; "
        "nothing once there was a user."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as `provision`

    def handle(self, *args: Any, **options: Any) -> None:
        link = first_owner.link()
        if link:
            self.stdout.write(link)
