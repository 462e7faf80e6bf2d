"""Note of each conversation what came of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0009_recording_named_at")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="conversation",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[("success", "Success"), ("fail", "Fail")],
                db_default="",
                default="",
                max_length=32,
            ),
        ),
    ]
