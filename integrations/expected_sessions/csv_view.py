"""The list of expected sessions as a file."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import audit
from accounts.access import organization_view
from accounts.grant import grant_of
from accounts.http import OrganizationRequest
from accounts.models import AuditAction
from conversations.exports import answers
from conversations.exports.stream import RowDownload
from conversations.models import Agent
from integrations.expected_sessions.csv_file import SessionSpreadsheet, steps
from integrations.expected_sessions.filters import Filters, read_filters
from integrations.expected_sessions.views import chips
from web.long_answers import NoSlotFree
from web.server.head_requests import is_head


@require_GET
@organization_view()
def csv_file(request: OrganizationRequest) -> HttpResponseBase:
    """Answer with the file, and note that it was taken along."""
    filters = read_filters(request.GET)
    if is_head(request):
        return _attachment(request, ())
    try:
        download = RowDownload(
            organization=request.organization,
            writer=SessionSpreadsheet(),
            steps=steps(request.organization, filters),
            by=request.user,
            why_lost=grant_of(request).why_lost,
        )
    except NoSlotFree:
        slug = request.organization.slug
        back_url = reverse("integrations:expected-sessions", args=[slug])
        return answers.busy(request, back_url=back_url)
    try:
        _record(request, filters)
        return _attachment(request, download)
    except BaseException:
        download.close()
        raise


def _record(request: OrganizationRequest, filters: Filters) -> None:
    agents = Agent.objects.in_organization(request.organization)
    agent = agents.filter(id=filters.agent).first() if filters.agent else None
    named = chips(filters, agent)
    audit.record(
        organization=request.organization,
        by=request.user,
        action=AuditAction.DATA_EXPORTED,
        subject="expected sessions",
        detail={
            "format": "CSV",
            "filters": "; ".join(f"{chip.label}: {chip.value}" for chip in named),
        },
    )


def _attachment(
    request: OrganizationRequest, content: Iterable[bytes]
) -> HttpResponseBase:
    name = answers.file_name(request, "expected-sessions", "csv")
    return answers.attachment(
        content, name=name, content_type="text/csv; charset=utf-8"
    )
