"""What an export is asked for: read from the address, which is never fatal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

from django.db import models
from django.http import QueryDict

from conversations.listing.columns import METADATA
from conversations.listing.query import ListQuery, read_list_query

# Rows that one can choose at once: their ids are in the address.
MAX_CHOSEN = 500
CHOSEN = "id"


class Format(models.TextChoices):
    """What an export is written as."""

    CSV = "csv", "CSV"
    JSON_LINES = "jsonl", "JSON lines"
    TRANSCRIPTS = "transcripts", "JSON lines with transcripts"

    @property
    def ending(self) -> str:
        return "csv" if self is Format.CSV else "jsonl"

    @property
    def content_type(self) -> str:
        if self is Format.CSV:
            return "text/csv; charset=utf-8"
        return "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Which conversations, and written how.

    chosen: ids of rows; None for all that match the filters.
    metadata_keys: those with a column of their own in a CSV.
    """

    asked: ListQuery
    chosen: tuple[UUID, ...] | None
    format: Format
    metadata_keys: tuple[str, ...]


def read_export_request(parameters: QueryDict) -> ExportRequest:
    """Return what an address asks for; what makes no sense in it is left out."""
    named = parameters.get("format", "")
    return ExportRequest(
        asked=read_list_query(parameters),
        chosen=read_chosen(parameters),
        format=Format(named) if named in Format.values else Format.CSV,
        metadata_keys=_metadata_keys(parameters.getlist("columns")),
    )


def read_chosen(parameters: QueryDict) -> tuple[UUID, ...] | None:
    """Return the ids of ticked rows, each once; None where all are meant. `all` wins
    over rows that were ticked before it."""
    if parameters.get("only") != "chosen" or parameters.get("all"):
        return None
    ids = dict.fromkeys(map(_id, parameters.getlist(CHOSEN)))
    return tuple(id_ for id_ in ids if id_)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _metadata_keys(columns: Sequence[str]) -> tuple[str, ...]:
    # Joined by commas; those of a key are escaped.
    names = [unquote(name) for column in columns for name in column.split(",")]
    keys = [name.removeprefix(METADATA) for name in names if name.startswith(METADATA)]
    return tuple(key for key in dict.fromkeys(keys) if key)
