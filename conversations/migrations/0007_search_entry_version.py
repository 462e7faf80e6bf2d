from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0006_fill_changes")]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="searchentry",
            name="said_limit",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="searchentry",
            name="tools_limit",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="searchentry",
            name="version",
            field=models.PositiveSmallIntegerField(db_default=1, default=2),
        ),
    ]
