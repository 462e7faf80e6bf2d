"""Index what a worker claims in turns by organization, call by call."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0004_delivery_batched")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                fields=["organization", "sequence"],
                name="delivery_apart",
                condition=models.Q(
                    models.Q(
                        ("attempts__gt", 0),
                        ("next_try_at__isnull", False),
                        ("size__gt", 131072),
                        _connector="OR",
                    ),
                    ("outcome", "accepted"),
                )
                | models.Q(("next_try_at__isnull", False), ("outcome", "processed")),
            ),
        ),
        SessionLockTimeout(""),
    ]
