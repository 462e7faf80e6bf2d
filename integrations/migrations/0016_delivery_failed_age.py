"""Index the deliveries that failed by their age: few among many."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0015_agent_worker")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("outcome", "failed")),
                fields=["received_at"],
                name="delivery_failed_age",
            ),
        ),
        SessionLockTimeout(""),
    ]
