from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("conversations", "0002_index_tries")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="searchjob",
            index=models.Index(
                condition=models.Q(("attempts__gt", 0)),
                fields=["conversation_id"],
                name="search_job_failed",
            ),
        ),
        SessionLockTimeout(""),
    ]
