"""Requests as views get them once access is decided."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Membership, Organization, User


class SignedInRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: HtmxDetails


class OrganizationRequest(SignedInRequest):
    """A request within an organization, with what `accounts.access.organization_view`
    found.
    """

    organization: Organization
    membership: Membership
