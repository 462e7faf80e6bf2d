from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("conversations", "0007_search_entry_version")]

    operations = [
        migrations.RunSQL("SET lock_timeout = '5s'", "RESET lock_timeout"),
        AddIndexConcurrently(
            model_name="searchentry",
            index=models.Index(
                condition=models.Q(("version__lt", 2)),
                fields=["-conversation_id"],
                name="search_entry_outdated",
            ),
        ),
        migrations.RunSQL("RESET lock_timeout", migrations.RunSQL.noop),
    ]
