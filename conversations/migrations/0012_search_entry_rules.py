"""Have entries of the index made anew by rules that know tags, judges and tests."""

from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("conversations", "0011_recording_store")]

    operations = [
        SessionLockTimeout("5s"),
        migrations.AlterField(
            model_name="searchentry",
            name="version",
            field=models.PositiveSmallIntegerField(db_default=1, default=3),
        ),
        migrations.AlterField(
            model_name="seenvalue",
            name="kind",
            field=models.CharField(
                choices=[
                    ("ended_reason", "Ended reason"),
                    ("version", "Version"),
                    ("metadata_key", "Metadata key"),
                    ("tag", "Tag"),
                    ("judge", "Judge"),
                ],
                max_length=16,
            ),
        ),
        RemoveIndexConcurrently(model_name="searchentry", name="search_entry_outdated"),
        AddIndexConcurrently(
            model_name="searchentry",
            index=models.Index(
                condition=models.Q(("version__lt", 3)),
                fields=["-conversation_id"],
                name="search_entry_outdated",
            ),
        ),
        SessionLockTimeout(""),
    ]
