"""Who may see which page: the one place that decides it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.http import OrganizationRequest, SignedInRequest
from accounts.links import page_before
from accounts.models import Membership, Role, User
from web.server.head_requests import is_head

P = ParamSpec("P")
OrganizationView = Callable[Concatenate[OrganizationRequest, P], HttpResponseBase]
# Key in the session: where `/` leads back to.
LAST_ORGANIZATION = "organization"
NOT_SENT = "You were logged out, so nothing was sent. Log in and send it again."


def login_required(
    view: Callable[..., HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Open a view to whoever is signed in; lead others to the login and back.

    From a form they come back to the page that it is on, where that is said: what was
    sent is gone, and its own address may be no page.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            return redirect_to_login(request.get_full_path())
        messages.warning(request, NOT_SENT)
        return redirect_to_login(page_before(request, request.get_full_path()))

    return guarded


def organization_view(
    role: Role = Role.MEMBER,
) -> Callable[[OrganizationView[P]], Callable[..., HttpResponseBase]]:
    """Open a view below `/org/<slug>/` to members of at least this role.

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
                .filter(organization__slug=slug, user=cast(User, request.user))
                .first()
            )
            if membership is None:
                raise Http404("No such organization")
            # Before the refusal: its page keeps the frame of the organization.
            organization_request = cast(OrganizationRequest, request)
            organization_request.membership = membership
            organization_request.organization = membership.organization
            if not membership.covers(role):
                raise PermissionDenied(f"This page is for the role {role.label}.")
            remember(request, membership)
            return view(organization_request, *args, **kwargs)

        return guarded

    return decorate


def signed_in_view(
    view: Callable[Concatenate[SignedInRequest, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Open a view of no organization to whoever is signed in, in the frame of the
    organization that they visited last.
    """

    @wraps(view)
    @login_required
    def framed(
        request: HttpRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        membership = home_membership(request)
        if membership is not None:
            organization_request = cast(OrganizationRequest, request)
            organization_request.membership = membership
            organization_request.organization = membership.organization
        return view(cast(SignedInRequest, request), *args, **kwargs)

    return framed


def remember(request: HttpRequest, membership: Membership) -> None:
    """Keep in the session which organization the person visited last."""
    # Not for fragments: two tabs of two organizations that poll would write the
    # session in turns.
    if request.headers.get("HX-Request") or is_head(request):
        return
    if request.session.get(LAST_ORGANIZATION) != str(membership.organization_id):
        request.session[LAST_ORGANIZATION] = str(membership.organization_id)


def home_membership(request: HttpRequest) -> Membership | None:
    """Return a person's membership of the organization visited last, else of the first
    by name.
    """
    memberships = (
        Membership.objects.select_related("organization")
        .filter(user=cast(User, request.user))
        .order_by("organization__name", "pk")
    )
    last = request.session.get(LAST_ORGANIZATION)
    found = {str(one.organization_id): one for one in memberships}
    return found.get(str(last)) or next(iter(found.values()), None)
