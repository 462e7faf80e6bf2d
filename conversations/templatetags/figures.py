"""Figures of a call as people read them."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit

from django.template import Library

register = Library()


@register.filter
def clock(seconds: float | None) -> str:
    """`3:12`, `1:02:09`; a dash where it is not known."""
    if seconds is None:
        return "—"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}"


@register.filter
def seconds(value: float) -> str:
    """`5.812 s`: as exact as it was sent, to the millisecond."""
    return f"{value:.3f}".rstrip("0").rstrip(".") + " s"


@register.filter
def spell(seconds: float | None) -> str:
    """`0.8 s`, `12 s`, `3 min`, `9 h`, `2 d`: how long something took or lasted."""
    if seconds is None:
        return "—"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3_600:.0f} h"
    return f"{seconds / 86_400:.0f} d"


@register.filter
def dollars(cost: Decimal | None) -> str:
    """At least cents, further digits only where there are any."""
    if cost is None:
        return "—"
    whole, _, fraction = f"{cost:,.6f}".partition(".")
    return f"${whole}.{fraction.rstrip('0'):0<2}"


@register.filter
def is_web_address(url: str) -> bool:
    """Whether this may become a link: `javascript:` and the like may not."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


@register.filter
def thousands(count: int) -> str:
    """`10,000`."""
    return f"{count:,}"


@register.filter
def percent(share: float) -> str:
    """`42 %`; the whole only where it is."""
    return f"{int(share * 100)} %"
