"""The kinds of channels, and what is kept of a channel's fields."""

from __future__ import annotations

import json
from collections.abc import Mapping

from alerts.channels import (
    discord,
    email,
    google_chat,
    ntfy,
    opsgenie,
    pagerduty,
    slack,
    teams,
    telegram,
    webhook,
)
from alerts.channels.kind import ChannelKind, CheckedConfig, Config
from alerts.models import Channel

KINDS: Mapping[str, ChannelKind] = {
    Channel.Kind.EMAIL: email.KIND,
    Channel.Kind.SLACK: slack.KIND,
    Channel.Kind.TEAMS: teams.KIND,
    Channel.Kind.DISCORD: discord.KIND,
    Channel.Kind.GOOGLE_CHAT: google_chat.KIND,
    Channel.Kind.PAGERDUTY: pagerduty.KIND,
    Channel.Kind.OPSGENIE: opsgenie.KIND,
    Channel.Kind.TELEGRAM: telegram.KIND,
    Channel.Kind.NTFY: ntfy.KIND,
    Channel.Kind.WEBHOOK: webhook.KIND,
}


def kind_of(channel: Channel) -> ChannelKind:
    """Return what is declared of a channel's kind."""
    return KINDS[channel.kind]


def check(kind: str, values: Config, former: Config | None = None) -> CheckedConfig:
    """Accept what a form has.

    former: what was kept before: a secret that is left empty stays.

    Raises:
        ChannelConfigError: a field cannot be so.
    """
    declared = KINDS[kind]
    kept = {
        field.name: former.get(field.name, "")
        for field in declared.fields
        if former and field.is_secret and not values.get(field.name, "").strip()
    }
    return declared.check({**values, **kept})


def config_of(channel: Channel) -> dict[str, str] | None:
    """Return what is kept of a channel's fields; None where the key that opens them is
    gone.
    """
    if channel.secret is None:
        return None
    config: dict[str, str] = json.loads(channel.secret)
    return config


def set_config(channel: Channel, checked: CheckedConfig) -> None:
    """Set what is kept, on a channel that is saved afterwards."""
    channel.secret = json.dumps(checked.config)
    channel.shown = checked.shown
