from django.db import migrations, models

# Whatever makes, changes or deletes a conversation notes it, in the same transaction,
# whoever does it. One that is noted already is only locked.
TRIGGERS = """
CREATE FUNCTION conversations_note_position() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO conversations_change AS noted
        (conversation_id, organization_id, is_erased)
    SELECT id, organization_id, TG_OP = 'DELETE' FROM changed ORDER BY id
    ON CONFLICT (conversation_id) DO UPDATE
        SET position = NULL, is_erased = excluded.is_erased
        WHERE noted.position IS NOT NULL OR noted.is_erased <> excluded.is_erased;
    RETURN NULL;
END $$;
CREATE TRIGGER conversations_position_insert
    AFTER INSERT ON conversations_conversation
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_note_position();
CREATE TRIGGER conversations_position_update
    AFTER UPDATE ON conversations_conversation
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_note_position();
CREATE TRIGGER conversations_position_delete
    AFTER DELETE ON conversations_conversation
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION conversations_note_position();
"""
NO_TRIGGERS = """
DROP TRIGGER conversations_position_delete ON conversations_conversation;
DROP TRIGGER conversations_position_update ON conversations_conversation;
DROP TRIGGER conversations_position_insert ON conversations_conversation;
DROP FUNCTION conversations_note_position();
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0004_file_being_deleted")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "conversation_id",
                    models.UUIDField(primary_key=True, serialize=False),
                ),
                ("organization_id", models.UUIDField()),
                ("position", models.BigIntegerField(null=True)),
                ("is_erased", models.BooleanField(db_default=False, default=False)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("position__isnull", False)),
                        fields=["organization_id", "position"],
                        name="change_in_order",
                    ),
                    models.Index(
                        condition=models.Q(("position__isnull", True)),
                        fields=["organization_id", "conversation_id"],
                        name="change_waiting",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChangeCounter",
            fields=[
                (
                    "organization_id",
                    models.UUIDField(primary_key=True, serialize=False),
                ),
                ("last_position", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
