"""The page of usage, and its CSV."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import organization_view
from accounts.audit import record
from accounts.http import OrganizationRequest
from accounts.models import AuditAction, Role
from conversations.bar_chart import Bars, bar_chart
from conversations.formatting import minutes, month_name, short_day, thousands
from conversations.usage.period import NAMES, Period, read_period
from conversations.usage.report import Use, read_usage
from web.csv_cells import Cell, csv_text
from web.server.head_requests import is_head


@require_safe
@organization_view(Role.ADMIN)
def usage(request: OrganizationRequest) -> HttpResponse:
    """Show what the organization used in a period, as charts and a table."""
    period = read_period(request.GET, today(request))
    used = read_usage(request.organization, period.first_day, period.last_day)
    uses = used.every_month() if period.by_month else used.every_day()
    context = {
        "period": period,
        "periods": NAMES,
        "usage": used,
        "uses": uses,
        "calls_chart": _chart(uses, period, "calls"),
        "minutes_chart": _chart(uses, period, "transcription_minutes"),
    }
    return render(request, "conversations/usage/usage.html", context)


@require_safe
@organization_view(Role.ADMIN)
def usage_csv(request: OrganizationRequest) -> HttpResponse:
    """Give the same as CSV, and record that it was exported."""
    period = read_period(request.GET, today(request))
    used = read_usage(request.organization, period.first_day, period.last_day)
    span = f"{period.first_day} to {period.last_day}"
    if not is_head(request):
        record(
            organization=request.organization,
            by=request.user,
            action=AuditAction.DATA_EXPORTED,
            subject=f"the usage of {span}",
            detail={"format": "CSV"},
        )
    name = f"usage-{request.organization.slug}-{span.replace(' ', '-')}.csv"
    head = ["month" if period.by_month else "day", "calls", "transcription_minutes"]
    rows: list[list[Cell]] = [
        [_name(use.day, period), use.calls, str(use.transcription_minutes)]
        for use in (used.every_month() if period.by_month else used.every_day())
    ]
    return HttpResponse(
        csv_text([head, *rows]),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def today(request: OrganizationRequest) -> date:
    """Return the day that it is in the organization's time zone."""
    return timezone.now().astimezone(request.organization.zone).date()


def _name(day: date, period: Period) -> str:
    return f"{day:%Y-%m}" if period.by_month else str(day)


def _chart(uses: list[Use], period: Period, meter: str) -> Bars:
    values = []
    for use in reversed(uses):
        when = (month_name if period.by_month else short_day)(use.day)
        amount = getattr(use, meter)
        said = thousands(amount) if meter == "calls" else f"{minutes(amount)} min"
        values.append((amount, f"{when}: {said}"))
    return bar_chart(values)
