"""Note which hosts forward, and take the audio of a call as a delivery of its own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_schema"),
        ("integrations", "0014_expected_session_agent_late"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="delivery",
            name="outbox_refused",
            field=models.IntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="outbox_waiting",
            field=models.IntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="worker_host",
            field=models.CharField(editable=False, max_length=255, null=True),
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
                    ("recording", "Audio of a call"),
                ],
                db_default="post",
                default="post",
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="AgentWorker",
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
                ("provider", models.CharField(max_length=32)),
                ("agent_reference", models.CharField(blank=True, max_length=255)),
                ("host", models.CharField(blank=True, max_length=255)),
                ("user_agent", models.CharField(blank=True, max_length=255)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("waiting", models.PositiveIntegerField()),
                ("refused", models.PositiveIntegerField()),
                (
                    "key",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.apikey",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organization", "provider", "agent_reference"],
                        name="agent_worker_of_agent",
                    ),
                    models.Index(fields=["last_at"], name="agent_worker_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "provider", "agent_reference", "host"),
                        name="agent_worker_once",
                    )
                ],
            },
        ),
    ]
