from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Membership, Organization, User


class SignedInRequest(HttpRequest):
    user: User
    htmx: HtmxDetails


class OrganizationRequest(SignedInRequest):
    """What `accounts.access.organization_view` leaves behind for a view."""

    organization: Organization
    membership: Membership
