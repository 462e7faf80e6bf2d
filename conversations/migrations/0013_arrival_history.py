"""Keep how many sessions arrived by the hour, what was learnt, and when no worker ran."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import accounts.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_schema"),
        ("conversations", "0012_search_entry_rules"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Absence",
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
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["ended_at"], name="absence_ended")],
            },
        ),
        migrations.CreateModel(
            name="ArrivalHistory",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.identifiers.time_ordered_uuid,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("first_hour", models.DateTimeField()),
                (
                    "counts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), size=None
                    ),
                ),
                ("learnt_until", models.DateTimeField()),
                ("counted_at", models.DateTimeField()),
                ("is_stale", models.BooleanField(default=False)),
                ("learnt_at", models.DateTimeField(null=True)),
                (
                    "rates",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), null=True, size=None
                    ),
                ),
                ("weeks", models.FloatField(default=0.0)),
                ("day_shape", models.FloatField(default=0.0)),
                ("level_count", models.FloatField(default=0.0)),
                ("threshold", models.FloatField(default=0.0)),
                ("overnight", models.FloatField(default=0.0)),
                ("longest", models.FloatField(default=0.0)),
                (
                    "closed_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateField(), default=list, size=None
                    ),
                ),
                ("look_at", models.DateTimeField(null=True)),
                ("silent_at", models.DateTimeField(null=True)),
                ("is_silent", models.BooleanField(default=False)),
                (
                    "agent",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="arrival_history",
                        to="conversations.agent",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="arrival_histories",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("look_at__isnull", False)),
                        fields=["look_at"],
                        name="arrival_history_look",
                    ),
                    models.Index(
                        condition=models.Q(("is_stale", True)),
                        fields=["id"],
                        name="arrival_history_stale",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("agent", None)),
                        fields=("organization",),
                        name="arrival_history_sum_once",
                    )
                ],
            },
        ),
    ]
