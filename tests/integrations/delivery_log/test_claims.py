"""What one claim takes, however Postgres plans it."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.models import Organization
from integrations.delivery_log import claims
from integrations.models import Delivery
from tests.integrations.processing.test_turns_by_organization import LARGE, append

pytestmark = pytest.mark.django_db(transaction=True)
# What is left is a loop that asks the inner query once for each row.
SWITCHED_OFF = ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize")


def test_one_claim_leases_one_delivery_also_in_a_nested_loop(
    organization: Organization,
) -> None:
    for number in range(5):
        append(organization, "call", version=str(number), unknown=LARGE)

    with transaction.atomic(), connection.cursor() as cursor:
        for name in SWITCHED_OFF:
            cursor.execute(f"SET LOCAL enable_{name} = off")
        claimed = claims.claim_apart(UUID(int=0))

    assert claimed is not None
    leased = Delivery.objects.exclude(lease_until=None).values_list("pk", flat=True)
    assert list(leased) == [claimed.sequence]
