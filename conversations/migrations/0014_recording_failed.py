"""Index the recordings that were given up: few among many."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("conversations", "0013_arrival_history")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="recording",
            index=models.Index(
                condition=models.Q(("state", "failed")),
                fields=["conversation"],
                name="recording_failed",
            ),
        ),
        SessionLockTimeout(""),
    ]
