import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

import accounts.identifiers
import accounts.names
import conversations.models.saved_view
import conversations.models.search

# Whatever changes a conversation makes it to be indexed again, in the same transaction,
# whoever writes it. A stub that is about to be filled (`applied_through` 0) is not worth
# it. A transcript is never written without its conversation.
TRIGGERS = """
CREATE FUNCTION conversations_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO conversations_searchjob (conversation_id, organization_id)
    SELECT id, organization_id FROM changed WHERE applied_through > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER conversations_note_insert
    AFTER INSERT ON conversations_conversation
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_note_change();
CREATE TRIGGER conversations_note_update
    AFTER UPDATE ON conversations_conversation
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_note_change();
"""
NO_TRIGGERS = """
DROP TRIGGER conversations_note_update ON conversations_conversation;
DROP TRIGGER conversations_note_insert ON conversations_conversation;
DROP FUNCTION conversations_note_change();
"""


class Migration(migrations.Migration):
    replaces = [
        ("conversations", "0001_initial"),
        ("conversations", "0002_tombstone"),
        ("conversations", "0003_agent_retire_and_merge"),
        ("conversations", "0004_search"),
        ("conversations", "0005_recording"),
        ("conversations", "0006_saved_view"),
        ("conversations", "0007_heard"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0001_schema"),
    ]

    operations = [
        migrations.CreateModel(
            name="Agent",
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
                ("provider", models.CharField(max_length=32)),
                ("external_id", models.CharField(max_length=255)),
                ("name", models.CharField(blank=True, max_length=255)),
                (
                    "named_by_sequence",
                    models.BigIntegerField(editable=False, null=True),
                ),
                ("description", models.TextField(blank=True, max_length=2000)),
                (
                    "type",
                    models.CharField(
                        choices=[("ai", "AI"), ("human", "Human")],
                        default="ai",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="agents",
                        to="accounts.organization",
                    ),
                ),
                ("merged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="conversations.agent",
                    ),
                ),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "provider", "external_id"),
                        name="agent_external_id_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into", models.F("id")), _negated=True
                        ),
                        name="agent_not_merged_into_itself",
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("merged_into__isnull", False)),
                        fields=["merged_into"],
                        name="agent_merged",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Conversation",
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
                ("provider", models.CharField(max_length=32)),
                ("external_id", models.CharField(max_length=255)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("sent_duration_seconds", models.FloatField(blank=True, null=True)),
                ("duration_seconds", models.FloatField(blank=True, null=True)),
                ("ended_reason", models.CharField(blank=True, max_length=255)),
                (
                    "cost",
                    models.DecimalField(
                        blank=True, decimal_places=6, max_digits=18, null=True
                    ),
                ),
                ("customer_number", models.CharField(blank=True, max_length=64)),
                ("customer_name", models.CharField(blank=True, max_length=255)),
                ("version", models.CharField(blank=True, max_length=255)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("recording_url", models.CharField(blank=True, max_length=4096)),
                ("turn_count", models.PositiveIntegerField(default=0)),
                ("has_transcript", models.BooleanField(default=False)),
                ("has_audio", models.BooleanField(default=False)),
                ("is_test", models.BooleanField(default=False)),
                ("applied_through", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversations",
                        to="conversations.agent",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversations",
                        to="accounts.organization",
                    ),
                ),
                (
                    "recorded_seconds",
                    models.FloatField(blank=True, editable=False, null=True),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organization", "-created_at", "-id"],
                        name="conversation_list",
                    ),
                    models.Index(
                        fields=["agent", "-created_at", "-id"],
                        name="conversation_by_agent",
                    ),
                    models.Index(
                        fields=["organization", "provider", "-created_at", "-id"],
                        name="conversation_by_provider",
                    ),
                    models.Index(
                        fields=["organization", "external_id"],
                        name="conversation_reference",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "provider", "external_id"),
                        name="conversation_external_id_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Charge",
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
                (
                    "meter",
                    models.CharField(
                        choices=[
                            ("calls", "Calls"),
                            ("transcription_minutes", "Transcription minutes"),
                        ],
                        max_length=32,
                    ),
                ),
                ("subject", models.BinaryField()),
                ("quantity", models.DecimalField(decimal_places=4, max_digits=12)),
                ("charged_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="charges",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organization", "charged_at"], name="charge_by_day"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "meter", "subject"), name="charge_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Transcript",
            fields=[
                (
                    "conversation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="transcript",
                        serialize=False,
                        to="conversations.conversation",
                    ),
                ),
                ("system_prompt", models.TextField(blank=True)),
                ("prompt_is_explicit", models.BooleanField(default=False)),
                ("turns", models.JSONField(null=True)),
                ("is_heard", models.BooleanField(db_default=False, default=False)),
            ],
        ),
        migrations.CreateModel(
            name="Tombstone",
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
                ("subject", models.BinaryField()),
                ("erased_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tombstones",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "subject"), name="tombstone_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "conversation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_entry",
                        serialize=False,
                        to="conversations.conversation",
                    ),
                ),
                ("words", conversations.models.search.WordsField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["words"], name="search_entry_words"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchJob",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("conversation_id", models.UUIDField()),
                ("organization_id", models.UUIDField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organization_id", "-id"],
                        name="search_job_by_organization",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SeenValue",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ended_reason", "Ended reason"),
                            ("version", "Version"),
                            ("metadata_key", "Metadata key"),
                        ],
                        max_length=16,
                    ),
                ),
                ("value", models.CharField(max_length=255)),
                ("last_seen_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="seen_values",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organization", "kind", "-last_seen_at"],
                        name="seen_value_newest",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "kind", "value"), name="seen_value_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Recording",
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
                    "conversation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="recording",
                        serialize=False,
                        to="conversations.conversation",
                    ),
                ),
                ("source_url", models.CharField(blank=True, max_length=4096)),
                ("fetched_bytes", models.BigIntegerField(default=0)),
                ("expected_bytes", models.BigIntegerField(null=True)),
                ("file", models.CharField(blank=True, max_length=255)),
                ("content_type", models.CharField(blank=True, max_length=64)),
                ("codec", models.CharField(blank=True, max_length=64)),
                ("channels", models.PositiveSmallIntegerField(null=True)),
                ("duration_seconds", models.FloatField(null=True)),
                ("size", models.BigIntegerField(null=True)),
                ("stored_at", models.DateTimeField(null=True)),
                ("peaks", models.JSONField(default=list)),
                ("marks", models.JSONField(default=list)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=["next_try_at"],
                        name="recording_waiting",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Transcription",
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
                    "conversation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="transcription",
                        serialize=False,
                        to="conversations.conversation",
                    ),
                ),
                ("file", models.CharField(max_length=255)),
                ("progress", models.FloatField(default=0)),
                ("made_by", models.CharField(blank=True, max_length=255)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=["next_try_at"],
                        name="transcription_waiting",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UnusedFile",
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
                ("name", models.CharField(max_length=255, unique=True)),
                ("delete_after", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["delete_after"], name="unused_file_due")
                ],
            },
        ),
        migrations.CreateModel(
            name="ColumnChoice",
            fields=[
                (
                    "membership",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="column_choice",
                        serialize=False,
                        to="accounts.membership",
                    ),
                ),
                ("columns", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
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
                ("place", models.PositiveSmallIntegerField()),
                (
                    "name",
                    models.CharField(
                        max_length=60, validators=[accounts.names.validate_one_line]
                    ),
                ),
                ("query", models.TextField()),
                ("is_shared", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "membership",
                    models.ForeignKey(
                        null=True,
                        on_delete=conversations.models.saved_view.go_or_stay,
                        related_name="saved_views",
                        to="accounts.membership",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("membership"),
                        django.db.models.functions.text.Lower("name"),
                        name="saved_view_name_once",
                    ),
                    models.UniqueConstraint(
                        fields=("membership", "place"), name="saved_view_place_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("place__gte", 1), ("place__lte", 30)),
                        name="saved_view_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("membership__isnull", False),
                            ("is_shared", True),
                            _connector="OR",
                        ),
                        name="saved_view_is_somebodys_or_shared",
                    ),
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
