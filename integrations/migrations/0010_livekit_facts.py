"""Keep what decides, in any order of events, who joined a room and when an agent left;
let projects be removed in batches.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0009_livekit_projects"),
    ]

    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="expectedsession",
            name="last_joined_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="expectedsession",
            name="participant_identity",
            field=models.CharField(blank=True, db_default="", max_length=255),
        ),
        migrations.AddField(
            model_name="livekitroom",
            name="caller_joined_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="livekitroom",
            name="undecided",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="livekitproject",
            name="removed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
