"""Fill `replay_of` from the reasons of replays, in batches of rows."""

from django.db import migrations

BATCH = 10_000
# What a replay's reason began with while nothing else named the delivery it was made of.
FILL = r"""
UPDATE integrations_delivery
SET replay_of = substring(reason FROM '^Replay of ([0-9a-f-]{36})\.')::uuid
WHERE sequence > %(after)s AND sequence <= %(through)s AND replay_of IS NULL
    AND reason ~ '^Replay of [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.'
"""


def fill(apps, schema_editor):
    """Fill batch by batch along the primary key; each commits, and may run again."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT min(sequence), max(sequence) FROM integrations_delivery")
        first, last = cursor.fetchone()
        if first is None:
            return
        for after in range(first - 1, last, BATCH):
            cursor.execute(FILL, {"after": after, "through": after + BATCH})


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0002_delivery_replay_of")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
