from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0006_delivery_kept_bytes")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("outcome", "rejected")),
                fields=["organization", "-sequence"],
                include=["kept_bytes"],
                name="delivery_refused_bytes",
            ),
        ),
        SessionLockTimeout(""),
    ]
