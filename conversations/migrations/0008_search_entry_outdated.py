from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("conversations", "0007_search_entry_version")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="searchentry",
            index=models.Index(
                condition=models.Q(("version__lt", 2)),
                fields=["-conversation_id"],
                name="search_entry_outdated",
            ),
        ),
        SessionLockTimeout(""),
    ]
