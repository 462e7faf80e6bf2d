"""Filters that mark the words that were searched for."""

from __future__ import annotations

from django.template import Library

from conversations.search.highlighting import Highlighter

register = Library()


@register.filter
def marked(text: str, marks: Highlighter | None) -> str:
    """Return escaped HTML with the words marked; without a search the text as it is."""
    return marks.html(text) if marks else text


@register.filter
def has_marks(text: str, marks: Highlighter | None) -> bool:
    """Tell whether a word of the search is in the text."""
    return marks is not None and marks.are_in(text)
