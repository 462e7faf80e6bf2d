"""Rows of a list of conversations: each with what its cells show beside its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conversations.listing.columns import Column, metadata_texts
from conversations.models import Conversation
from conversations.search.excerpts import Excerpt, excerpts


@dataclass(frozen=True, slots=True)
class ListRow:
    """One conversation of a list.

    excerpt: where a search hit it. cells: texts of the columns that the metadata has,
    by their tokens.
    """

    conversation: Conversation
    excerpt: Excerpt | None
    cells: Mapping[str, str]


def list_rows(
    conversations: Sequence[Conversation], columns: Iterable[Column], text: str = ""
) -> list[ListRow]:
    """Return a row for each conversation, in their order.

    text: what was searched for, if anything was.
    """
    cells = metadata_texts(conversations, columns)
    found = excerpts([one.id for one in conversations], text) if text else {}
    return [
        ListRow(one, found.get(one.id), cells.get(one.id, {})) for one in conversations
    ]
