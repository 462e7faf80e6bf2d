"""How far a transcription got."""

from __future__ import annotations

from django.template import Library

register = Library()


@register.filter
def as_percent(part: float) -> str:
    """Of 1."""
    return f"{int(part * 100)} %"
