from django.db import migrations, models

# As of 0005, and: whether what others are told of is in it.
FUNCTION = """
CREATE OR REPLACE FUNCTION conversations_note_position() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    tells boolean := coalesce(current_setting('zelto.repairs', true), '') <> 'on';
BEGIN
    INSERT INTO conversations_change AS noted
        (conversation_id, organization_id, is_erased, is_event)
    SELECT id, organization_id, TG_OP = 'DELETE', tells FROM changed ORDER BY id
    ON CONFLICT (conversation_id) DO UPDATE
        SET position = NULL, is_erased = excluded.is_erased,
            is_event = excluded.is_event
                OR (noted.position IS NULL AND noted.is_event)
        WHERE noted.position IS NOT NULL OR noted.is_erased <> excluded.is_erased
            OR (excluded.is_event AND NOT noted.is_event);
    RETURN NULL;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION conversations_note_position() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO conversations_change AS noted
        (conversation_id, organization_id, is_erased)
    SELECT id, organization_id, TG_OP = 'DELETE' FROM changed ORDER BY id
    ON CONFLICT (conversation_id) DO UPDATE
        SET position = NULL, is_erased = excluded.is_erased
        WHERE noted.position IS NOT NULL OR noted.is_erased <> excluded.is_erased;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0014_recording_failed")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="change",
            name="is_event",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="change",
            name="event_position",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="change",
            name="first_position",
            field=models.BigIntegerField(null=True),
        ),
        migrations.RunSQL(FUNCTION, BEFORE),
    ]
