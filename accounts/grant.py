"""Whether somebody who opened something may still read it: for answers that last."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from accounts.http import OrganizationRequest
from accounts.models import Membership, Organization, Role


@dataclass(frozen=True, slots=True)
class Grant:
    """What `accounts.access.organization_view` found when the answer began."""

    session_key: str | None
    organization: Organization
    role: Role

    def why_lost(self) -> str:
        """Return why it no longer holds, as the end of a sentence to the person; empty
        while it does. Asks the database, as a request that came now would.
        """
        engine = import_module(settings.SESSION_ENGINE)
        request = HttpRequest()
        request.session = engine.SessionStore(self.session_key)
        user = get_user(request)
        if not user.is_authenticated:
            return "you were signed out"
        membership = Membership.objects.filter(
            organization=self.organization, user=user.pk
        ).first()
        if membership is None:
            return f"you are no longer a member of {self.organization.name}"
        if not membership.covers(self.role):
            return f"your role is no longer {self.role.label}"
        return ""


def grant_of(request: OrganizationRequest, role: Role = Role.MEMBER) -> Grant:
    """Return what a view that is open to this role may go on with."""
    return Grant(request.session.session_key, request.organization, role)
