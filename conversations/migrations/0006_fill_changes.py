"""Note each conversation that is there as changed, in batches of rows."""

from django.db import migrations

BATCH = 5_000
FIRST = "00000000-0000-0000-0000-000000000000"
NEXT = """
SELECT id FROM conversations_conversation WHERE id > %s ORDER BY id LIMIT %s
"""
# What was changed or erased since the trigger is there is noted already.
NOTE = """
INSERT INTO conversations_change (conversation_id, organization_id)
SELECT id, organization_id FROM conversations_conversation
WHERE id > %s AND id <= %s
ON CONFLICT (conversation_id) DO NOTHING
"""


def fill(apps, schema_editor):
    """Fill batch by batch along the primary key; each commits, and may run again."""
    after = FIRST
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(NEXT, [after, BATCH])
            ids = cursor.fetchall()
            if not ids:
                return
            cursor.execute(NOTE, [after, ids[-1][0]])
            after = ids[-1][0]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("conversations", "0005_change")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
