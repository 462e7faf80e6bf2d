"""Index what came late of an agent: few rows among many."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0013_expected_session_lists")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="expectedsession",
            index=models.Index(
                condition=models.Q(("came_late", True)),
                fields=["agent", "-expected_at", "-id"],
                name="expected_session_agent_late",
            ),
        ),
        SessionLockTimeout(""),
    ]
