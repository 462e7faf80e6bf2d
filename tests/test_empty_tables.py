"""The way in which tests that commit leave the database."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache

from accounts.models import AuditEntry, Organization, User
from conversations.models import Change, Conversation, SearchJob
from tests.conversations.conftest import make_agent, make_conversation
from tests.empty_tables import empty_tables

__all__ = ["make_agent", "make_conversation"]


@pytest.mark.django_db(transaction=True)
def test_nothing_that_a_test_made_is_left(
    organization, alice, make_conversation
) -> None:
    make_conversation(turns=[{"role": "user", "content": "Hello"}], applied_through=1)
    AuditEntry.objects.create(organization=organization, by=alice, actor="Alice")
    cache.set("attempts", 3)
    empty_tables()
    for model in (Organization, User, Conversation, Change, SearchJob, AuditEntry):
        assert not model.objects.exists(), model
    assert cache.get("attempts") is None


@pytest.mark.django_db(transaction=True)
def test_what_migrations_made_is_kept() -> None:
    made = set(Permission.objects.values_list("codename", "content_type__model"))
    empty_tables()
    assert ("add_user", "user") in made
    assert made == set(
        Permission.objects.values_list("codename", "content_type__model")
    )
