"""The page of the audit log."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.views.decorators.http import require_safe

from accounts.access import organization_view
from accounts.audit_log.forms import PROGRAMS, AuditForm
from accounts.audit_log.listing import AuditFilters, read_filters, read_page
from accounts.audit_log.sentences import sentence
from accounts.http import OrganizationRequest
from accounts.models import AuditEntry, Membership, Role, User
from web.paging import page_links

# More people than this do not fit a menu; each name in the log leads to its own entries.
PEOPLE_IN_MENU = 200


@require_safe
@organization_view(Role.ADMIN)
def audit_log(request: OrganizationRequest) -> HttpResponse:
    filters = read_filters(request.GET)
    page = read_page(request.organization, filters, request.GET)
    context = {
        "rows": [
            {"entry": entry, "sentence": sentence(entry, request.organization)}
            for entry in page.rows
        ],
        "filters": filters,
        "form": _form(request, filters),
        "kept_bytes": settings.KEEP_AUDIT_BYTES,
        **page_links(page, filters.query()),
    }
    return render(request, "accounts/audit.html", context)


def _form(request: OrganizationRequest, filters: AuditFilters) -> AuditForm:
    form = AuditForm(dict(AuditForm.written(filters)))
    names = [
        (str(person.pk), Truncator(person.display_name).chars(60))
        for person in people(request, filters)
    ]
    programs = (PROGRAMS, "Programs with an API key")
    form.offer("person", [("", "Anybody"), *names, programs])
    return form


def people(request: OrganizationRequest, filters: AuditFilters) -> list[User]:
    """Who is in the menu: the members, and who was chosen though they have left."""
    members = Membership.objects.in_organization(request.organization).listed()
    found = [membership.user for membership in members[:PEOPLE_IN_MENU]]
    if filters.person in {"", PROGRAMS, *(str(user.pk) for user in found)}:
        return found
    of_log = AuditEntry.objects.in_organization(request.organization)
    chosen = filters.narrow(of_log).select_related("by").first()
    return [*found, chosen.by] if chosen and chosen.by else found
