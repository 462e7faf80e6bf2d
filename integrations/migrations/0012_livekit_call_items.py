"""Tell sessions of one room apart by their chat items."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0011_supplements")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="livekitcall",
            name="item_ids",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
