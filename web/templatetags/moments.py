"""Moments as people read them: relative, with the exact one on hover."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from django.template import Context, Library
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from web.iso_time import iso_milliseconds

register = Library()

# From here on a date says more than a number of days. `static/js/times.js` keeps to
# the same steps.
RELATIVE_DAYS = 7


@register.simple_tag(takes_context=True)
def when(
    context: Context, value: datetime | None, empty: str = "—", label: str = ""
) -> SafeString:
    """Render `2 min ago`, kept fresh by `static/js/times.js`; `empty` where there is
    none.

    label: a word before the exact time, `Arrived 22 Nov 2026, 14:31:42 CET`.
    """
    if value is None:
        return format_html("{}", empty)
    zone = reader_zone(context)
    return format_html(
        '<time datetime="{}" title="{}" data-when>{}</time>',
        iso_milliseconds(value),
        f"{label} {exactly(value, zone)}".strip(),
        relative(value, timezone.now(), zone),
    )


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime | None, empty: str = "—") -> SafeString:
    """Render the exact moment, in the organization's time zone."""
    if value is None:
        return format_html("{}", empty)
    return format_html(
        '<time datetime="{}">{}</time>',
        iso_milliseconds(value),
        exactly(value, reader_zone(context)),
    )


@register.simple_tag(takes_context=True)
def moment_text(context: Context, value: datetime) -> str:
    """Return the exact moment as text, where no element may stand: in an attribute."""
    return exactly(value, reader_zone(context))


def reader_zone(context: Context) -> tzinfo:
    """Return the time zone of the page's organization, else UTC."""
    organization = context.get("organization")
    return organization.zone if organization is not None else UTC


def exactly(value: datetime, zone: tzinfo) -> str:
    """Return the moment in a zone, as `22 Nov 2026, 14:31:42 CET`."""
    local = value.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M:%S} {local:%Z}"


def relative(value: datetime, now: datetime, zone: tzinfo) -> str:
    """Return how far the moment is from `now`, as `2 min ago`, or its day from a week
    on.
    """
    distance = now - value
    ahead = distance < timedelta(0)
    seconds = abs(distance.total_seconds())
    if seconds < 45:
        return "just now"
    if seconds >= RELATIVE_DAYS * 86_400:
        return day(value.astimezone(zone), now.astimezone(zone))
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        text = f"{minutes} min"
    elif seconds < 86_400:
        text = f"{int(seconds // 3600) or 1} h"
    else:
        text = f"{int(seconds // 86_400)} d"
    return f"in {text}" if ahead else f"{text} ago"


def day(local: datetime, now: datetime) -> str:
    """Return `22 Nov`, with the year where it is not that of `now`."""
    if local.year == now.year:
        return f"{local.day} {local:%b}"
    return f"{local.day} {local:%b %Y}"
