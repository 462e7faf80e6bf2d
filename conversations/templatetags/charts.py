"""Figures and days beside charts."""

from __future__ import annotations

from datetime import date

from django.template import Library

register = Library()


@register.filter
def grouped(count: int) -> str:
    """`1,204`."""
    return f"{count:,}"


@register.filter
def size(value: int) -> str:
    """Without its sign, which a word says: `12`."""
    return f"{abs(value):,}"


@register.filter
def weekday_and_day(day: date) -> str:
    """`Tuesday 3 November`."""
    return f"{day:%A} {day.day} {day:%B}"


@register.filter
def day_and_month(day: date) -> str:
    """`3 Nov`."""
    return f"{day.day} {day:%b}"
