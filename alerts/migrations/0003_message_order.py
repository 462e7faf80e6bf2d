"""Order waiting messages as claims do, and find busy channels by an index."""

from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("alerts", "0002_key_day")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                models.F("next_try_at").asc(nulls_first=True),
                "id",
                condition=models.Q(("state__in", ["waiting", "running"])),
                name="message_first_due",
            ),
        ),
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "running")),
                fields=["channel"],
                name="message_running",
            ),
        ),
        RemoveIndexConcurrently(model_name="message", name="message_due"),
        SessionLockTimeout(""),
    ]
