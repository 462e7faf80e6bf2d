"""Conversations in the order in which they changed, for programs that follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from accounts.models import Organization
from api.conversations import Conversation, ConversationParameters, resource_of
from api.parameters import MAX_CURSOR_CHARACTERS, as_moment, read_cursor, read_when
from api.resources import Listed
from api.sealed_cursor import BrokenSeal, seal, unseal
from conversations.changes.following import read_changes
from conversations.changes.positions import position_at
from integrations.problems import Refusal, validation_refusal
from integrations.providers import Fault

NAME = "changedSince"
LIST = "changed"
BESIDE = f"cannot be asked for together with {NAME}"
STRANGE = (
    "must be a time, to begin with, or the nextCursor of the page before; where it was "
    "one, begin again with a time"
)

ChangedSince = Annotated[
    str,
    PlainValidator(read_cursor),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": MAX_CURSOR_CHARACTERS}
    ),
]


class FollowedParameters(ConversationParameters):
    """The filters of a list, or where to go on in the order of changes."""

    changed_since: ChangedSince | None = Field(
        None,
        description="To follow what is made, changes or is erased: a time (a date begins "
        "at midnight in the organization's time zone), from then on the `nextCursor` of "
        "the page before. Stands beside `limit` only.",
        examples=["2026-11-22"],
    )


class ConversationList(Listed):
    """A page of conversations."""

    next_cursor: str | None = Field(
        description="Send it as `cursor` for the next page; null on the last one. With "
        "`changedSince`: send it as that, now or later; it is never null.",
        examples=["MjAyNi0xMS0yMlQxMjozMQ"],
    )
    data: list[Conversation] = Field(
        description="The newest first; with `changedSince` in the order of their changes."
    )
    erased: list[UUID] = Field(
        description="With `changedSince`: the ids of conversations that were erased.",
        examples=[[]],
    )


def list_changed(
    organization: Organization, asked: FollowedParameters
) -> ConversationList:
    """Return what changed since a time or cursor, the earliest first: each conversation
    at least once after each of its changes, however late that was committed.

    Raises:
        Refusal: 400, it is neither, or stands beside a filter.
    """  # noqa: DOC501 - `_refusal` makes it
    beside = asked.model_fields_set - {"changed_since", "limit"}
    if beside:
        fields = FollowedParameters.model_fields
        names = sorted(fields[name].alias or name for name in beside)
        raise _refusal(*(Fault(name, BESIDE) for name in names))
    position = _position_in(asked.changed_since or "", organization)
    page = read_changes(organization, position, asked.limit)
    return ConversationList(
        data=[resource_of(row) for row in page.rows],
        erased=page.erased,
        next_cursor=seal(page.position, organization.pk, of=LIST),
    )


def _position_in(asked: str, organization: Organization) -> int:
    """Return the position of a cursor, else of a time.

    Raises:
        Refusal: 400, it is neither.
    """  # noqa: DOC501 - `_refusal` makes it
    try:
        return unseal(asked, organization.pk, of=LIST)
    except BrokenSeal:
        pass
    try:
        moment = as_moment(read_when(asked), organization.zone)
    except PydanticCustomError as error:
        raise _refusal(Fault(NAME, STRANGE)) from error
    return position_at(organization.pk, moment) if moment else 0


def _refusal(*faults: Fault) -> Refusal:
    return replace(validation_refusal(list(faults)), status=400)
