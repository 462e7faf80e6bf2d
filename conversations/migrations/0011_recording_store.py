"""Keep where an organization's recordings lie."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import accounts.models.encrypted_text


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_schema"),
        ("conversations", "0010_conversation_outcome"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="RecordingStore",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="recording_store",
                        serialize=False,
                        to="accounts.organization",
                    ),
                ),
                ("endpoint", models.CharField(blank=True, max_length=255)),
                ("bucket", models.CharField(max_length=63)),
                ("region", models.CharField(blank=True, max_length=64)),
                ("access_key", models.CharField(max_length=128)),
                ("secret", accounts.models.encrypted_text.EncryptedTextField()),
                ("is_path_style", models.BooleanField(default=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
    ]
