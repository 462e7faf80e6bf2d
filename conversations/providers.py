"""Where conversations come from: all that is known of a provider by its name.

A provider is one member here, and one adapter in `integrations.providers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.db.models.enums import TextChoices


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """Where a provider is connected, and how that page speaks of it.

    name: of its address below the integrations and of its route.
    title, text, icon: of its card.
    sender: who posts, as in "your worker posts". noun: what is posted, one of them.
    first_step: what is to be done once there is a key.
    """

    name: str
    title: str
    text: str
    icon: str
    sender: str = "your code"
    noun: str = "call"
    first_step: str = "Post a call"


@dataclass(frozen=True, slots=True)
class Facts:
    """way: how its calls come in, by `webhook` or by `upload`; an icon has this name.
    page: None where there is nothing to connect."""

    page: SettingsPage | None
    way: str = "webhook"


class Provider(TextChoices):
    """Where a conversation came from; also its id space.

    Each is its name as `X-Zelto-Provider` has it, its facts, and its label.
    """

    facts: Facts

    def __new__(cls, name: str, facts: Facts) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.facts = facts
        return member

    ZELTO = (
        "zelto",
        Facts(
            SettingsPage(
                name="api",
                title="API call upload",
                text="Any other source posts its calls as JSON.",
                icon="api",
            )
        ),
        "API",
    )
    LIVEKIT = (
        "livekit",
        Facts(
            SettingsPage(
                name="livekit",
                title="LiveKit",
                text="Your agent worker forwards each finished session.",
                icon="microphone",
                sender="your worker",
                noun="session",
                first_step="Set the upload URL or add the code to your worker",
            )
        ),
        "LiveKit",
    )
    UPLOAD = "upload", Facts(page=None, way="upload"), "Upload"


_BY_NAME = {one.value: one for one in Provider}
# Whose a post is where no header says so.
DEFAULT_PROVIDER = Provider.ZELTO.value


def pages() -> dict[Provider, SettingsPage]:
    """Return the settings page of each provider that has one; that for any other source
    comes last."""
    in_order = sorted(Provider, key=lambda one: one == DEFAULT_PROVIDER)
    return {one: one.facts.page for one in in_order if one.facts.page}


def label_of(name: str) -> str:
    """Return the word that pages show; the name itself where no provider has it."""
    return dict(Provider.choices).get(name, name)


def way_of(name: str) -> str:
    """Return how calls under this provider's name came in."""
    return _BY_NAME[name].facts.way if name in _BY_NAME else "webhook"


def page_of(name: str) -> SettingsPage | None:
    """Return where the provider of this name is connected, if anywhere."""
    return _BY_NAME[name].facts.page if name in _BY_NAME else None
