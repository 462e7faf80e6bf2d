"""Keep LiveKit projects, their events, and the sessions that those let expect."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models

import accounts.identifiers
import accounts.models.encrypted_text
import integrations.models.livekit_project


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_schema"),
        ("conversations", "0001_schema"),
        ("integrations", "0008_livekit_call"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="LiveKitProject",
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
                ("name", models.CharField(max_length=100)),
                (
                    "token",
                    models.CharField(
                        default=integrations.models.livekit_project.new_token,
                        max_length=32,
                        unique=True,
                    ),
                ),
                ("grace_minutes", models.PositiveSmallIntegerField(default=10)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("first_event_at", models.DateTimeField(null=True)),
                ("last_event_at", models.DateTimeField(null=True)),
                ("refused_count", models.PositiveIntegerField(default=0)),
                ("last_refused_at", models.DateTimeField(null=True)),
                ("last_refusal", models.CharField(blank=True, max_length=255)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="livekit_projects",
                        to="accounts.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LiveKitGap",
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
                ("reason", models.CharField(max_length=255)),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gaps",
                        to="integrations.livekitproject",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LiveKitEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("event_id", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=64)),
                (
                    "received_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("body", models.BinaryField()),
                ("processed_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True, db_default="", default="")),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="integrations.livekitproject",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LiveKitEgress",
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
                ("egress_id", models.CharField(max_length=64)),
                ("room_sid", models.CharField(blank=True, max_length=64)),
                ("room_name", models.CharField(blank=True, max_length=255)),
                ("status", models.CharField(blank=True, max_length=32)),
                ("error", models.TextField(blank=True)),
                ("files", models.JSONField(default=list)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("updated_at", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="egresses",
                        to="integrations.livekitproject",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LiveKitCredential",
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
                ("api_key", models.CharField(max_length=100)),
                ("secret", accounts.models.encrypted_text.EncryptedTextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credentials",
                        to="integrations.livekitproject",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ExpectedSession",
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
                ("reference", models.CharField(max_length=255)),
                ("job_id", models.CharField(blank=True, max_length=255)),
                ("room_sid", models.CharField(blank=True, max_length=64)),
                ("room_name", models.CharField(blank=True, max_length=255)),
                ("agent_name", models.CharField(blank=True, max_length=255)),
                ("job_started_at", models.DateTimeField(null=True)),
                ("job_ended_at", models.DateTimeField(null=True)),
                ("joined_at", models.DateTimeField(null=True)),
                ("left_at", models.DateTimeField(null=True)),
                ("job_status", models.CharField(blank=True, max_length=16)),
                ("job_error", models.TextField(blank=True)),
                ("worker_id", models.CharField(blank=True, max_length=64)),
                ("has_spoken", models.BooleanField(default=False)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("awaited", "Awaited"),
                            ("arrived", "Arrived"),
                            ("refused", "Refused"),
                            ("missing", "Missing"),
                            ("no_session", "No session"),
                            ("not_told", "Not told"),
                        ],
                        blank=True,
                        max_length=16,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                (
                    "expected_at",
                    models.DateTimeField(default=django.utils.timezone.now),
                ),
                ("counted_name", models.CharField(blank=True, max_length=255)),
                ("due_at", models.DateTimeField(null=True)),
                ("refused_delivery", models.UUIDField(null=True)),
                ("arrived_at", models.DateTimeField(null=True)),
                ("came_late", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "agent",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="expected_sessions",
                        to="conversations.agent",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="expected_sessions",
                        to="conversations.conversation",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="expected_sessions",
                        to="integrations.livekitproject",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LiveKitRoom",
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
                ("sid", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, max_length=255)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("was_joined", models.BooleanField(default=False)),
                ("caller_number", models.CharField(blank=True, max_length=64)),
                ("caller_name", models.CharField(blank=True, max_length=255)),
                ("sip_call_id", models.CharField(blank=True, max_length=255)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rooms",
                        to="integrations.livekitproject",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ExpectedSessionTally",
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
                ("agent_name", models.CharField(blank=True, max_length=255)),
                ("hour", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("awaited", "Awaited"),
                            ("arrived", "Arrived"),
                            ("refused", "Refused"),
                            ("missing", "Missing"),
                            ("no_session", "No session"),
                            ("not_told", "Not told"),
                        ],
                        max_length=16,
                    ),
                ),
                ("count", models.IntegerField(default=0)),
                (
                    "agent",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="conversations.agent",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "hour", "agent", "agent_name", "state"),
                        name="expected_tally_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="livekitproject",
            constraint=models.UniqueConstraint(
                fields=("organization", "name"), name="livekit_project_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="livekitgap",
            constraint=models.UniqueConstraint(
                fields=("project", "ended_at"), name="livekit_gap_once"
            ),
        ),
        migrations.AddIndex(
            model_name="livekitevent",
            index=models.Index(
                condition=models.Q(("processed_at__isnull", True)),
                fields=["id"],
                name="livekit_event_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="livekitevent",
            index=models.Index(fields=["received_at"], name="livekit_event_age"),
        ),
        migrations.AddConstraint(
            model_name="livekitevent",
            constraint=models.UniqueConstraint(
                fields=("project", "event_id"), name="livekit_event_once"
            ),
        ),
        migrations.AddIndex(
            model_name="livekitegress",
            index=models.Index(
                fields=["project", "room_sid"], name="livekit_egress_room"
            ),
        ),
        migrations.AddIndex(
            model_name="livekitegress",
            index=models.Index(fields=["created_at"], name="livekit_egress_age"),
        ),
        migrations.AddConstraint(
            model_name="livekitegress",
            constraint=models.UniqueConstraint(
                fields=("project", "egress_id"), name="livekit_egress_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="livekitcredential",
            constraint=models.UniqueConstraint(
                fields=("project", "api_key"), name="livekit_credential_once"
            ),
        ),
        migrations.AddIndex(
            model_name="expectedsession",
            index=models.Index(
                fields=["organization", "-expected_at", "-id"],
                name="expected_session_list",
            ),
        ),
        migrations.AddIndex(
            model_name="expectedsession",
            index=models.Index(
                fields=["organization", "state", "-expected_at", "-id"],
                name="expected_session_state",
            ),
        ),
        migrations.AddIndex(
            model_name="expectedsession",
            index=models.Index(
                condition=models.Q(("agent__isnull", False)),
                fields=["agent", "-expected_at", "-id"],
                name="expected_session_agent",
            ),
        ),
        migrations.AddIndex(
            model_name="expectedsession",
            index=models.Index(
                condition=models.Q(("job_id", ""), _negated=True),
                fields=["organization", "job_id"],
                name="expected_session_job",
            ),
        ),
        migrations.AddIndex(
            model_name="expectedsession",
            index=models.Index(
                fields=["organization", "room_sid"], name="expected_session_room"
            ),
        ),
        migrations.AddIndex(
            model_name="expectedsession",
            index=models.Index(
                condition=models.Q(("conversation__isnull", False)),
                fields=["conversation"],
                name="expected_session_conv",
            ),
        ),
        migrations.AddIndex(
            model_name="expectedsession",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=["due_at"],
                name="expected_session_due",
            ),
        ),
        migrations.AddIndex(
            model_name="expectedsession",
            index=models.Index(fields=["created_at"], name="expected_session_age"),
        ),
        migrations.AddConstraint(
            model_name="expectedsession",
            constraint=models.UniqueConstraint(
                fields=("project", "reference"), name="expected_session_once"
            ),
        ),
        migrations.AddIndex(
            model_name="livekitroom",
            index=models.Index(fields=["created_at"], name="livekit_room_age"),
        ),
        migrations.AddConstraint(
            model_name="livekitroom",
            constraint=models.UniqueConstraint(
                fields=("project", "sid"), name="livekit_room_once"
            ),
        ),
    ]
