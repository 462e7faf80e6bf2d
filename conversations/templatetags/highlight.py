"""Marks the words that were searched for; without a search the text is shown as it is."""

from __future__ import annotations

from django.template import Library

from conversations.search.highlighting import Highlighter

register = Library()


@register.filter
def marked(text: str, marks: Highlighter | None) -> str:
    """Plain text, or escaped HTML."""
    return marks.html(text) if marks else text


@register.filter
def has_marks(text: str, marks: Highlighter | None) -> bool:
    return marks is not None and marks.are_in(text)
