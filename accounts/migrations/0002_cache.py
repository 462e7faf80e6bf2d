from django.core.management import call_command
from django.db import migrations


def make_table(apps, schema_editor):
    call_command(
        "createcachetable", "accounts_cache", database=schema_editor.connection.alias
    )


class Migration(migrations.Migration):
    """The table behind `CACHES`, so that no operator has to remember the command."""

    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunPython(make_table, migrations.RunPython.noop, elidable=False)
    ]
