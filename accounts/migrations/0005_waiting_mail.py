import django.db.models.deletion
from django.db import migrations, models

import accounts.identifiers


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_audit_opening_index")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="WaitingMail",
            fields=[
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claim", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True)),
                (
                    "id",
                    models.UUIDField(
                        default=accounts.identifiers.time_ordered_uuid,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("about", models.CharField(max_length=400, unique=True)),
                ("sealed", models.BinaryField()),
                ("expires_at", models.DateTimeField()),
                (
                    "invitation",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mail",
                        to="accounts.invitation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["expires_at"], name="waiting_mail_expires")
                ],
            },
        ),
    ]
