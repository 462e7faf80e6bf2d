"""Amounts and days of usage as people read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.template import Library

register = Library()


@register.filter
def count(value: int) -> str:
    """`12,044`"""
    return f"{value:,}"


@register.filter
def minutes(value: Decimal) -> str:
    """`1,204.5`: to a tenth, which is six seconds."""
    return f"{value:,.1f}" if value else "0"


@register.filter
def day_name(day: date) -> str:
    """`Sun 22 Nov 2026`"""
    return f"{day:%a} {day.day} {day:%b %Y}"


@register.filter
def short_day(day: date) -> str:
    """`22 Nov`"""
    return f"{day.day} {day:%b}"


@register.filter
def month_name(day: date) -> str:
    """`Nov 2026`"""
    return f"{day:%b %Y}"
