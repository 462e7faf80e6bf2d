"""A program that goes through all conversations while sessions arrive."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from accounts.models import ApiKey
from conversations.models import Conversation
from tests.conversations.conftest import NOON, MakeConversation

pytestmark = pytest.mark.django_db

OLD, LIMIT = 20_000, 200
# Many that arrived in the same moment: the id decides which is the next one.
AT_ONCE = 7
COPY = """
    INSERT INTO conversations_conversation ({columns})
    SELECT {values}
    FROM conversations_conversation AS first, generate_series(1, %s) AS number
    WHERE first.id = %s
"""


def copy(first: Conversation, times: int) -> None:
    """By one statement, all of them older than it."""
    own = {
        "id": "gen_random_uuid()",
        "external_id": "'old-' || number",
        "created_at": f"first.created_at - number / {AT_ONCE} * interval '1 second'",
    }
    fields = Conversation._meta.concrete_fields
    names = [field.column for field in fields if field.column]
    statement = COPY.format(
        columns=", ".join(names),
        values=", ".join(own.get(name, f"first.{name}") for name in names),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [times, first.id])


def test_it_meets_each_old_one_once(
    full_key: tuple[ApiKey, str], make_conversation: MakeConversation
) -> None:
    first = make_conversation(external_id="old-0", created_at=NOON)
    copy(first, OLD - 1)
    client = Client(headers={"Authorization": f"Bearer {full_key[1]}"})
    met: Counter[str] = Counter()
    arrived, cursor = 0, None
    while arrived == 0 or cursor:
        asked = {"limit": LIMIT} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/conversations", asked).json()
        met.update(row["referenceId"] for row in page["data"])
        cursor = page["nextCursor"]
        arrived += 1
        make_conversation(
            agent=first.agent,
            external_id=f"new-{arrived}",
            created_at=NOON + timedelta(seconds=arrived),
        )
    assert arrived == OLD / LIMIT
    assert met == Counter(f"old-{number}" for number in range(OLD))
