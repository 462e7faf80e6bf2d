"""What a call is charged by."""

from __future__ import annotations

import pytest

from accounts.models import Organization
from conversations.models.charge import call_subject

pytestmark = pytest.mark.django_db


def test_a_call_stays_charged_under_another_secret_key(
    organization: Organization, settings
):
    before = call_subject(organization, "livekit", "call-1")

    settings.SECRET_KEY = "another one"
    again = Organization.objects.get(pk=organization.pk)

    assert call_subject(again, "livekit", "call-1") == before


def test_two_organizations_name_one_call_differently(
    organization: Organization, other_organization: Organization
) -> None:
    one, other = (
        call_subject(each, "livekit", "call-1")
        for each in (organization, other_organization)
    )

    assert one != other
