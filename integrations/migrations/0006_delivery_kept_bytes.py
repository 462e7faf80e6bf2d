"""Add what a refusal takes, for the bound of its organization."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0005_delivery_apart")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="delivery",
            name="kept_bytes",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
    ]
