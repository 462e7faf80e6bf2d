"""Index what a worker claims in batches, in turns by organization."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0003_fill_replay_of")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                fields=["organization", "sequence"],
                name="delivery_batched",
                condition=models.Q(("outcome", "accepted"), ("size__lte", 131072))
                & models.Q(("attempts", 0), ("next_try_at__isnull", True)),
            ),
        ),
        SessionLockTimeout(""),
    ]
