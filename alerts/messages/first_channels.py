"""The first channel of each organization, so that the first alert reaches somebody."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from accounts.models import Organization
from alerts.channels.registry import check, set_config
from alerts.models import Channel, FirstChannel

NAME = "Owners and admins"
# More of them get theirs in the next round.
MAX_AT_ONCE = 500

# Of two rounds at once one gets the row.
_NOTE = f"""
    INSERT INTO {FirstChannel._meta.db_table} (organization_id, made_at)
    SELECT id, %(now)s FROM {Organization._meta.db_table} AS organization
    WHERE NOT EXISTS (
        SELECT FROM {FirstChannel._meta.db_table} WHERE organization_id = organization.id)
    ORDER BY id LIMIT %(most)s
    ON CONFLICT DO NOTHING
    RETURNING organization_id
"""  # noqa: S608


@transaction.atomic
def give_first_channels(now: datetime) -> int:
    """Give each organization that never had it mail to its owners and admins; return how
    many got it. Who deletes or changes that is not given another.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"now": now, "most": MAX_AT_ONCE})
        organization_ids = [organization_id for (organization_id,) in cursor.fetchall()]
    if not organization_ids:
        return 0
    checked = check(Channel.Kind.EMAIL, {"people": "admins"})
    channels = []
    for organization_id in organization_ids:
        channel = Channel(
            organization_id=organization_id, kind=Channel.Kind.EMAIL, name=NAME
        )
        set_config(channel, checked)
        channels.append(channel)
    Channel.objects.bulk_create(channels)
    return len(channels)
