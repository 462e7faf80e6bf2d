"""Note which call the uploads of a LiveKit job belong to."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_schema"),
        ("integrations", "0007_delivery_refused_bytes"),
    ]

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
                ],
                db_default="post",
                default="post",
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="LiveKitCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("job_id", models.CharField(blank=True, max_length=255)),
                ("room_sid", models.CharField(blank=True, max_length=255)),
                ("external_id", models.CharField(max_length=255)),
                ("is_redacted", models.BooleanField(default=False)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organization", "room_sid"], name="livekit_call_room"
                    ),
                    models.Index(fields=["created_at"], name="livekit_call_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "job_id", "room_sid"),
                        name="livekit_call_once",
                    )
                ],
            },
        ),
    ]
