"""Filters for figures and days beside charts."""

from __future__ import annotations

from django.template import Library

from conversations import formatting

register = Library()

register.filter("thousands", formatting.thousands)
register.filter("weekday_and_day", formatting.weekday_and_day)
register.filter("short_day", formatting.short_day)


@register.filter
def size(value: int) -> str:
    """Return a number without its sign, which a word says: `12`."""
    return formatting.thousands(abs(value))
