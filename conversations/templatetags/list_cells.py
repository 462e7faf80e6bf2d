"""Cells of the list that are plain text."""

from __future__ import annotations

from django.template import Library

from conversations.listing.columns import Column
from conversations.listing.rows import ListRow

register = Library()


@register.filter
def text_of(row: ListRow, column: Column) -> str:
    """Return what the cell of a row shows where that is plain text."""
    if column.key:
        return row.cells.get(column.key, "")
    conversation = row.conversation
    if column.name == "customer":
        return conversation.customer_name or conversation.customer_number
    if column.name == "outcome":
        return conversation.get_outcome_display()
    return conversation.version if column.name == "version" else ""
