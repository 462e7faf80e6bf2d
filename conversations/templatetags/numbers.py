"""Filters for amounts and days of usage."""

from __future__ import annotations

from django.template import Library

from conversations import formatting

register = Library()

register.filter("minutes", formatting.minutes)
register.filter("day_name", formatting.day_name)
register.filter("short_day", formatting.short_day)
register.filter("month_name", formatting.month_name)
register.filter("thousands", formatting.thousands)
