"""Slack, by an incoming webhook; also what speaks the same, such as Mattermost.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from __future__ import annotations

from typing import Any

from alerts.channels.checks import webhook_check, webhook_fields
from alerts.channels.http_post import post_json, secrets_in
from alerts.channels.kind import ChannelKind, Config, Notice
from alerts.channels.text import Answer, Text
from alerts.channels.wording import MARKS, clip, lines_within, one_line

HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
EXAMPLE = "https://hooks.slack.com/services/T00/B00/XXXX"
MAX_HEADER_CHARACTERS = 150
# A section takes 3,000, counted after escaping.
MAX_SECTION_CHARACTERS = 2800
GONE = "The webhook no longer works; make another one in Slack and enter its address."
FINAL = {
    400: "Slack does not take what this channel sends.",
    403: "Slack does not let this app post there; make another webhook.",
    404: GONE,
    410: GONE,
}


def payload(text: Text) -> dict[str, Any]:
    """Return what Slack shows: plain text, in which it reads no format and no mention."""
    title = escape(f"{MARKS[text.severity]} {one_line(text.title)}")
    body = lines_within([escape(line) for line in text.lines], MAX_SECTION_CHARACTERS)
    links = "  ·  ".join(
        f"<{escape(link.url)}|{escape(link.label)}>" for link in text.links
    )
    is_short = len(title) <= MAX_HEADER_CHARACTERS
    title = clip(title, MAX_SECTION_CHARACTERS)
    blocks = [_block("header" if is_short else "section", "plain_text", title)]
    if body:
        blocks.append(_block("section", "plain_text", body))
    if links:
        blocks.append(_block("section", "mrkdwn", links))
    # What notifications say, and what is shown where blocks are not known.
    whole = "\n".join(filter(None, [title, body, links]))
    return {"text": whole, "blocks": blocks}


def escape(text: str) -> str:
    """Return a text in which Slack reads no link and no mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _block(block: str, kind: str, text: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": kind, "text": text}
    if kind == "plain_text":
        shown["emoji"] = False
    return {"type": block, "text": shown}


def send(config: Config, notice: Notice) -> Answer:
    """Post a message."""
    url = config["url"]
    return post_json(url, payload(notice.text), secrets=secrets_in(url), final=FINAL)


KIND = ChannelKind(
    label="Slack",
    intro=(
        "In Slack, make an app with an incoming webhook for the channel that is to be "
        "told, and copy the address of the webhook."
    ),
    fields=webhook_fields(EXAMPLE),
    check=webhook_check(HOSTS, EXAMPLE),
    send=send,
)
