"""Who may see what: the one place that decides it for pages."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.http import OrganizationRequest
from accounts.models import Membership, Role

P = ParamSpec("P")
OrganizationView = Callable[Concatenate[OrganizationRequest, P], HttpResponseBase]


def organization_view(
    role: Role = Role.MEMBER,
) -> Callable[[OrganizationView[P]], Callable[..., HttpResponseBase]]:
    """Opens a view below `/org/<slug>/` to members of at least this role.

    Signed out: to the login. Another organization's slug: 404, as one that does not
    exist. A page above one's role: 403.
    """

    def decorate(view: OrganizationView[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        @login_required
        def guarded(
            request: HttpRequest, slug: str, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            membership = (
                Membership.objects.select_related("organization")
                .filter(organization__slug=slug, user_id=request.user.pk)
                .first()
            )
            if membership is None:
                raise Http404("No such organization")
            if not membership.covers(role):
                raise PermissionDenied(f"This page is for the role {role.label}.")
            organization_request = cast(OrganizationRequest, request)
            organization_request.membership = membership
            organization_request.organization = membership.organization
            return view(organization_request, *args, **kwargs)

        return guarded

    return decorate
