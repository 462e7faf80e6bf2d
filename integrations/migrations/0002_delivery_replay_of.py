"""Add the column that names the refused delivery a replay was made of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_schema")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="delivery",
            name="replay_of",
            field=models.UUIDField(editable=False, null=True),
        ),
    ]
