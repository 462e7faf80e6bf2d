from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0003_audit_opening")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("opening__isnull", False)),
                fields=["organization", "opening", "created_at"],
                name="audit_opening",
            ),
        ),
        SessionLockTimeout(""),
    ]
