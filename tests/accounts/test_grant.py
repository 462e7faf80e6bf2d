"""What a person may go on reading while an answer lasts."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.grant import Grant
from accounts.models import Membership, Organization, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant(dora_client: Client, organization: Organization) -> Grant:
    """Return Dora's, for a page of admins."""
    return Grant(dora_client.session.session_key, organization, Role.ADMIN)


def test_it_holds_while_nothing_changes(grant: Grant) -> None:
    assert grant.why_lost() == ""


def test_it_is_lost_with_the_role(grant: Grant, dora: User) -> None:
    Membership.objects.filter(user=dora).update(role=Role.MEMBER)
    assert grant.why_lost() == "your role is no longer Admin"


def test_it_is_lost_with_the_membership(grant: Grant, dora: User) -> None:
    Membership.objects.filter(user=dora).delete()
    assert grant.why_lost() == "you are no longer a member of Acme"


def test_it_is_lost_with_the_session(grant: Grant, dora_client: Client) -> None:
    dora_client.session.flush()
    assert grant.why_lost() == "you were signed out"


def test_nobody_has_one_without_a_session(organization: Organization) -> None:
    assert Grant(None, organization, Role.MEMBER).why_lost() == "you were signed out"
