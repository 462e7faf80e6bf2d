"""Cells of the list that are plain text."""

from __future__ import annotations

from django.template import Library

from conversations.listing.columns import JOINED, Column
from conversations.listing.rows import ListRow

register = Library()


@register.filter
def text_of(row: ListRow, column: Column) -> str:
    """Return what the cell of a row shows where that is plain text."""
    if column.key or column.name in JOINED:
        return row.cells.get(column.token, "")
    conversation = row.conversation
    if column.name == "customer":
        return conversation.customer_name or conversation.customer_number
    return conversation.version if column.name == "version" else ""
