"""Which columns the list of conversations shows: as the words of its address, as what a
person last chose, and what of the metadata that takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

from django.db.models import F, Func, TextField
from django.db.models.functions import Left

from accounts.models import Membership
from conversations.models import ColumnChoice, Conversation
from conversations.search.filters import metadata_text
from web.storable_text import drop_unstorable

METADATA = "metadata."
MAX_METADATA_COLUMNS = 5
MAX_KEY_CHARACTERS = 255
# Offered in the menu; any other key is typed.
KEYS_TO_TICK = 12
# Of a value; the rest is on the conversation's page.
MAX_VALUE_CHARACTERS = 120
# The reference is always there and first; the others come in this order, keys of the
# metadata before the last one.
REFERENCE = "reference"
LABELS = {
    "customer": "Customer",
    "agent": "Agent",
    "source": "Source",
    "version": "Version",
    "started": "Started",
    "arrived": "Arrived",
    "ended_at": "Ended at",
    "duration": "Duration",
    "turns": "Turns",
    "ended": "Ended",
    "outcome": "Outcome",
    "judges": "Judges",
    "tags": "Tags",
    "cost": "Cost",
    "audio": "Audio",
}
DEFAULT_COLUMNS = ("agent", "source", "started", "duration", "ended", "cost", "audio")
# On an agent's own page, which says once where its calls come from.
AGENT_PAGE_COLUMNS = DEFAULT_COLUMNS[2:]


def _joined(path: str, text: str, *, first: str = "true") -> Func:
    """Return the texts of what a JSON path finds in the metadata, with commas between.

    text: of one, as SQL. first: which of them come first, likewise.
    """
    return Func(
        F("metadata"),
        template="(SELECT string_agg(%(text)s, ', ' ORDER BY %(first)s DESC, place) "
        "FROM jsonb_path_query(%(expressions)s, 'strict %(path)s', '{}', true) "
        "WITH ORDINALITY AS each (found, place))",
        output_field=TextField(),
        path=path,
        text=text,
        first=first,
    )


# Columns of what `verdicts` reads from the metadata.
JOINED = {
    "tags": _joined(
        '$.tags[*] ? (@.type() == "string" && !(@ starts with "lk."))',
        "found #>> '{}'",
    ),
    "judges": _joined(
        '$.evaluations[*] ? (@.type() == "object")',
        "concat_ws(' ', found ->> 'name', found ->> 'verdict')",
        first="found ->> 'verdict' IS DISTINCT FROM 'pass'",
    ),
}


@dataclass(frozen=True, slots=True)
class Column:
    """name: as the address and the template have it; `metadata` for any key.
    key: of the metadata."""

    name: str
    label: str
    key: str = ""

    @property
    def is_number(self) -> bool:
        return self.name in {"duration", "turns", "cost"}

    @property
    def token(self) -> str:
        return METADATA + self.key if self.key else self.name


@dataclass(frozen=True, slots=True)
class Choice:
    """A box to tick. value: as the address has it."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Menu:
    known: list[Choice]
    metadata: list[Choice]
    most_metadata: int = MAX_METADATA_COLUMNS


def column_menu(columns: Iterable[Column], seen_keys: Iterable[str]) -> Menu:
    chosen = {column.token for column in columns}
    keys = [column.key for column in columns if column.key]
    others = [key for key in seen_keys if key not in keys]
    return Menu(
        [Choice(name, label, name in chosen) for name, label in LABELS.items()],
        [
            Choice(escaped(METADATA + key), key, key in keys)
            for key in [*keys, *others[: max(0, KEYS_TO_TICK - len(keys))]]
        ],
    )


def columns_of(tokens: Iterable[str]) -> list[Column]:
    chosen = set(tokens)
    keys = [
        token.removeprefix(METADATA) for token in tokens if token.startswith(METADATA)
    ]
    columns = [Column(name, label) for name, label in LABELS.items() if name in chosen]
    of_metadata = [Column("metadata", key, key) for key in keys]
    # The sign for audio ends a row, also where a row is two lines.
    end = len(columns) - ("audio" in chosen)
    return columns[:end] + of_metadata + columns[end:]


def write_columns(tokens: Iterable[str]) -> str:
    """As the address has them: joined by commas; those of a key are escaped."""
    return ",".join([REFERENCE, *map(escaped, tokens)])


def escaped(token: str) -> str:
    return token.replace("%", "%25").replace(",", "%2C")


def read_columns(text: str, faults: list[str]) -> tuple[str, ...] | None:
    """None where nothing was chosen; what there is not is left out."""
    if not text:
        return None
    tokens = dict.fromkeys(_token(piece) for piece in text.split(",") if piece.strip())
    known = [token for token in LABELS if token in tokens]
    keys = [token for token in tokens if _is_key(token)]
    unknown = [
        token for token in tokens if token not in {REFERENCE, *known, *keys} and token
    ]
    if unknown:
        faults.append(f"There is no column “{unknown[0][:40]}”, so it is left out.")
    if len(keys) > MAX_METADATA_COLUMNS:
        faults.append(
            f"At most {MAX_METADATA_COLUMNS} columns are of metadata; the others are "
            "left out."
        )
    if not tokens:
        return None
    return (*known, *keys[:MAX_METADATA_COLUMNS])


def _token(text: str) -> str:
    return drop_unstorable(unquote(text)).strip()


def _is_key(token: str) -> bool:
    return (
        token.startswith(METADATA)
        and 0 < len(token) - len(METADATA) <= MAX_KEY_CHARACTERS
    )


def remembered_columns(membership: Membership) -> tuple[str, ...]:
    """Return the columns this person last chose here, else the usual ones."""
    choices = ColumnChoice.objects.filter(membership=membership)
    text = choices.values_list("columns", flat=True).first()
    chosen = read_columns(text or "", [])
    return DEFAULT_COLUMNS if chosen is None else chosen


def metadata_texts(
    rows: Collection[Conversation], columns: Iterable[Column]
) -> Mapping[UUID, Mapping[str, str]]:
    """Return the texts of columns that the metadata has, by conversation and the token
    of the column. The database reads them out of it: all of it can be 64 KiB for each
    row."""
    sources = {
        column.token: metadata_text(column.key) if column.key else JOINED[column.name]
        for column in columns
        if column.key or column.name in JOINED
    }
    if not sources or not rows:
        return {}
    return _texts([row.id for row in rows], sources)


def _texts(
    ids: list[UUID], sources: Mapping[str, Func]
) -> dict[UUID, Mapping[str, str]]:
    # One more sign than is shown says whether there is more.
    annotations = {
        f"text_{number}": Left(source, MAX_VALUE_CHARACTERS + 1)
        for number, source in enumerate(sources.values())
    }
    found = Conversation.objects.filter(id__in=ids).annotate(**annotations)
    return {
        identifier: {
            token: value if len(value) <= MAX_VALUE_CHARACTERS else f"{value[:-1]}…"
            for token, value in zip(sources, values, strict=True)
            if value
        }
        for identifier, *values in found.values_list("id", *annotations)
    }
