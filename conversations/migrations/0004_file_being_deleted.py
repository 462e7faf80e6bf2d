from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0003_search_job_failed"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="unusedfile",
            name="is_being_deleted",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
