"""What a kind of channel declares of itself, and what it is given to send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from alerts.channels.text import Answer, Text

Config = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """What a form asks for.

    is_secret: not shown again; left empty in a later form it stays as it is.
    choices: (value, label) of each; empty where it is a text. is_long: of several lines.
    """

    name: str
    label: str
    help: str = ""
    is_secret: bool = False
    is_required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    initial: str = ""
    is_long: bool = False


class ChannelConfigError(ValueError):
    """Says in a sentence what is wrong with a field.

    field: its name; empty where it is about several.
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class CheckedConfig:
    """What is kept of a form. shown: it without what opens the channel."""

    shown: str
    config: dict[str, str]


@dataclass(frozen=True, slots=True)
class Notice:
    """One message, ready to be sent.

    message_id: the same for every try. event: `issue.opened`, `test` and so on.
    data: for programs. is_for_owners: of the instance, which its owners alone are told.
    former_secret: of a webhook, where it is still good.
    """

    message_id: UUID
    organization_id: UUID
    event: str
    made_at: datetime
    text: Text
    data: dict[str, Any] = field(default_factory=dict)
    is_for_owners: bool = False
    former_secret: str = ""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """How channels of one kind are set up, and how they are sent to.

    intro: where its fields are found. takes_acknowledgements: whether it is told that
    somebody looks at an issue. is_of_programs: they keep count of every change.
    """

    label: str
    intro: str
    fields: tuple[Field, ...]
    check: Callable[[Config], CheckedConfig]
    send: Callable[[Config, Notice], Answer]
    takes_acknowledgements: bool = False
    is_of_programs: bool = False
