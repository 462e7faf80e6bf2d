"""Create the tables of this app."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import accounts.identifiers


class Migration(migrations.Migration):
    replaces = [
        ("integrations", "0001_initial"),
        ("integrations", "0002_operation"),
        ("integrations", "0003_retention"),
        ("integrations", "0004_delivery_conversation_by_hand"),
        ("integrations", "0005_fold_once_of_folded_rows"),
        ("integrations", "0006_deliveries_folded_last"),
        ("integrations", "0007_heard"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_schema"),
        ("conversations", "0001_schema"),
    ]

    operations = [
        migrations.CreateModel(
            name="MinuteTally",
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
                ("scope", models.CharField(max_length=64)),
                ("minute", models.DateTimeField()),
                ("count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("scope", "minute"), name="tally_once"
                    )
                ],
                "indexes": [models.Index(fields=["minute"], name="tally_age")],
            },
        ),
        migrations.CreateModel(
            name="Connection",
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
                ("first_session_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="connections",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "provider"), name="connection_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("sequence", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "uuid",
                    models.UUIDField(
                        default=accounts.identifiers.time_ordered_uuid,
                        editable=False,
                        unique=True,
                    ),
                ),
                (
                    "received_at",
                    models.DateTimeField(default=django.utils.timezone.now),
                ),
                ("provider", models.CharField(blank=True, max_length=32)),
                ("agent_reference", models.CharField(blank=True, max_length=255)),
                ("external_id", models.CharField(blank=True, max_length=255)),
                ("status", models.PositiveSmallIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("processed", "Processed"),
                            ("failed", "Failed"),
                            ("ignored", "Ignored"),
                            ("rejected", "Rejected"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("errors", models.JSONField(default=list)),
                ("warnings", models.JSONField(default=list)),
                ("count", models.PositiveIntegerField(default=1)),
                ("size", models.PositiveIntegerField(default=0)),
                ("user_agent", models.CharField(blank=True, max_length=255)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("body", models.BinaryField(null=True)),
                (
                    "fold_key",
                    models.CharField(editable=False, max_length=255, null=True),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True)),
                ("processed_at", models.DateTimeField(null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="deliveries",
                        to="conversations.conversation",
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deliveries",
                        to="accounts.apikey",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="accounts.organization",
                    ),
                ),
                ("last_received_at", models.DateTimeField(null=True)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("post", "A post"),
                            ("form", "Uploaded here"),
                            ("transcription", "Zelto's transcription"),
                        ],
                        db_default="post",
                        default="post",
                        max_length=16,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(
                        fields=["organization", "-sequence"], name="delivery_log"
                    ),
                    models.Index(
                        fields=["organization", "provider", "external_id", "sequence"],
                        name="delivery_by_call",
                    ),
                    models.Index(
                        condition=models.Q(("outcome", "accepted")),
                        fields=["sequence"],
                        name="delivery_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("outcome__in", ["rejected", "failed"])),
                        fields=[
                            "organization",
                            "provider",
                            "agent_reference",
                            "-sequence",
                        ],
                        name="delivery_refused",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("outcome__in", ["processed", "ignored", "failed"]),
                            ("body__isnull", False),
                        ),
                        fields=["received_at"],
                        name="delivery_body_age",
                    ),
                    models.Index(
                        condition=models.Q(("outcome", "rejected")),
                        fields=["received_at"],
                        name="delivery_refusal_age",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("outcome__in", ["rejected", "failed", "ignored"])
                        ),
                        fields=["organization", "-sequence"],
                        name="delivery_not_taken",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("fold_key__isnull", False)),
                        fields=("fold_key",),
                        name="delivery_fold_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RunningTotal",
            fields=[
                (
                    "name",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("value", models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name="WorkerPulse",
            fields=[
                (
                    "single",
                    models.BooleanField(
                        default=True, primary_key=True, serialize=False
                    ),
                ),
                ("seen_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("single", True)), name="worker_pulse_once"
                    )
                ],
            },
        ),
    ]
