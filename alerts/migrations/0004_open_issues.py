"""Index open issues by when they were opened: few rows among all that are over."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("alerts", "0003_message_order")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="issue",
            index=models.Index(
                condition=models.Q(("resolved_at", None)),
                fields=["organization", "opened_at", "id"],
                name="issue_open_newest",
            ),
        ),
        SessionLockTimeout(""),
    ]
