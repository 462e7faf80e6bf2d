"""What a cell of the list shows that is plain text."""

from __future__ import annotations

from django.template import Library

from conversations.columns import Column
from conversations.models import Conversation

register = Library()


@register.filter
def text_of(conversation: Conversation, column: Column) -> str:
    if column.key:
        return conversation.metadata_texts.get(column.key, "")
    if column.name == "customer":
        return conversation.customer_name or conversation.customer_number
    return conversation.version if column.name == "version" else ""
