from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("conversations", "0002_index_tries")]

    operations = [
        migrations.RunSQL("SET lock_timeout = '5s'", "RESET lock_timeout"),
        AddIndexConcurrently(
            model_name="searchjob",
            index=models.Index(
                condition=models.Q(("attempts__gt", 0)),
                fields=["conversation_id"],
                name="search_job_failed",
            ),
        ),
        migrations.RunSQL("RESET lock_timeout", migrations.RunSQL.noop),
    ]
