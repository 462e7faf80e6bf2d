"""Note what LiveKit's events told conversations beside what was sent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0010_livekit_facts"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="expectedsession",
            name="caller_is_told",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="expectedsession",
            name="told_egress",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=64
            ),
        ),
        migrations.AddField(
            model_name="livekitegress",
            name="is_audio_only",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="livekitegress",
            name="kind",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=32
            ),
        ),
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
