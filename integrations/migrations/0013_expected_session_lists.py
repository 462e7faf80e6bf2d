"""Index what lists of expected sessions show: of an agent by state, and what came late."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from web.pooling.migration_operations import SessionLockTimeout


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("integrations", "0012_livekit_call_items")]

    operations = [
        SessionLockTimeout("5s"),
        AddIndexConcurrently(
            model_name="expectedsession",
            index=models.Index(
                condition=models.Q(("agent__isnull", False)),
                fields=["agent", "state", "-expected_at", "-id"],
                name="expected_session_of_agent",
            ),
        ),
        AddIndexConcurrently(
            model_name="expectedsession",
            index=models.Index(
                condition=models.Q(("came_late", True)),
                fields=["organization", "-expected_at", "-id"],
                name="expected_session_late",
            ),
        ),
        AddIndexConcurrently(
            model_name="expectedsession",
            index=models.Index(
                condition=models.Q(("came_late", True)),
                fields=["organization", "arrived_at"],
                name="expected_session_late_arrival",
            ),
        ),
        SessionLockTimeout(""),
    ]
