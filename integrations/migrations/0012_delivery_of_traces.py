"""Name the deliveries of LiveKit's traces; nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0011_supplements")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="delivery",
            name="source",
            field=models.CharField(
                choices=[
                    ("post", "A post"),
                    ("form", "Uploaded here"),
                    ("transcription", "Zelto's transcription"),
                    ("livekit-logs", "LiveKit's upload: logs"),
                    ("livekit-session", "LiveKit's upload: session"),
                    ("livekit-traces", "LiveKit's upload: traces"),
                    ("livekit-events", "LiveKit's events"),
                ],
                db_default="post",
                default="post",
                max_length=16,
            ),
        ),
    ]
