"""Discord, by a webhook of a channel.

https://discord.com/developers/docs/resources/webhook#execute-webhook
"""

from __future__ import annotations

from typing import Any

from alerts.channels.checks import webhook_check, webhook_fields
from alerts.channels.http_post import post_json, secrets_in
from alerts.channels.kind import ChannelKind, Config, Notice
from alerts.channels.text import Answer, Text
from alerts.channels.wording import (
    COLOURS,
    MARKS,
    clip,
    escape_markdown,
    lines_within,
    one_line,
)

HOSTS = ("discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com")
EXAMPLE = "https://discord.com/api/webhooks/123/XXXX"
# Both count after escaping; an embed may have 6,000 altogether.
MAX_TITLE_CHARACTERS = 256
MAX_BODY_CHARACTERS = 3800
GONE = "The webhook no longer works; make another one in Discord and enter its address."
FINAL = {
    400: "Discord does not take what this channel sends.",
    401: GONE,
    403: GONE,
    404: GONE,
}


def payload(text: Text) -> dict[str, Any]:
    """Return one embed that mentions nobody."""
    title = f"{MARKS[text.severity]} {escape_markdown(one_line(text.title))}"
    lines = [escape_markdown(line) for line in text.lines]
    links = " · ".join(
        f"[{escape_markdown(link.label)}]({link.url})" for link in text.links
    )
    body = lines_within(lines, MAX_BODY_CHARACTERS - len(links))
    embed: dict[str, Any] = {
        "title": clip(title, MAX_TITLE_CHARACTERS),
        "description": "\n\n".join(filter(None, [body, links])),
        "color": COLOURS[text.severity],
    }
    if text.links:
        embed["url"] = text.links[0].url
    return {
        "username": "Zelto",
        "embeds": [embed],
        "allowed_mentions": {"parse": []},
    }


def send(config: Config, notice: Notice) -> Answer:
    """Post an embed, and wait until it is kept: without that, Discord tells of no fault."""
    url = config["url"]
    waiting = f"{url}{'&' if '?' in url else '?'}wait=true"
    secrets = secrets_in(url)
    return post_json(waiting, payload(notice.text), secrets=secrets, final=FINAL)


KIND = ChannelKind(
    label="Discord",
    intro=(
        "In Discord, open the settings of the channel that is to be told, then "
        "Integrations, Webhooks, and copy the address of a new webhook."
    ),
    fields=webhook_fields(EXAMPLE),
    check=webhook_check(HOSTS, EXAMPLE),
    send=send,
)
