"""Filters for figures of a call."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.template import Library

from conversations import formatting

register = Library()

register.filter("clock", formatting.clock)
register.filter("seconds", formatting.seconds)
register.filter("spell", formatting.spell)
register.filter("dollars", formatting.dollars)
register.filter("thousands", formatting.thousands)
register.filter("percent", formatting.percent)


@register.filter
def is_web_address(url: str) -> bool:
    """Tell whether this may become a link: `javascript:` and the like may not."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
