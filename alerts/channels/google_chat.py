"""Google Chat, by a webhook of a space.

https://developers.google.com/workspace/chat/quickstart/webhooks
"""

from __future__ import annotations

import html
from typing import Any

from alerts.channels.checks import webhook_check, webhook_fields
from alerts.channels.http_post import post_json, secrets_in
from alerts.channels.kind import ChannelKind, Config, Notice
from alerts.channels.text import Answer, Text
from alerts.channels.wording import MARKS, clip, lines_within, one_line

HOSTS = ("chat.googleapis.com",)
EXAMPLE = "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=…&token=…"
MAX_TITLE_CHARACTERS = 200
# Of 32,000 bytes that a message may have.
MAX_BODY_CHARACTERS = 5000
GONE = "The webhook no longer works; make another one in the space."
FINAL = {
    400: "Google Chat does not take what this channel sends.",
    401: GONE,
    403: GONE,
    404: GONE,
}
# Messages about one issue are one thread, where the space has threads.
THREADED = "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"


def payload(text: Text) -> dict[str, Any]:
    """Return a card; its paragraphs are HTML, its header is plain."""
    title = f"{MARKS[text.severity]} {one_line(text.title)}"
    lines = [html.escape(line) for line in text.lines]
    body = lines_within(lines, MAX_BODY_CHARACTERS).replace("\n", "<br>")
    widgets: list[dict[str, Any]] = []
    if len(title) > MAX_TITLE_CHARACTERS:
        whole = html.escape(clip(title, MAX_BODY_CHARACTERS))
        widgets.append({"textParagraph": {"text": f"<b>{whole}</b>"}})
    if body:
        widgets.append({"textParagraph": {"text": body}})
    buttons = [
        {"text": link.label, "onClick": {"openLink": {"url": link.url}}}
        for link in text.links
    ]
    if buttons:
        widgets.append({"buttonList": {"buttons": buttons}})
    card: dict[str, Any] = {"header": {"title": clip(title, MAX_TITLE_CHARACTERS)}}
    if widgets:
        card["sections"] = [{"widgets": widgets}]
    message: dict[str, Any] = {
        "fallbackText": clip(title, MAX_TITLE_CHARACTERS),
        "cardsV2": [{"cardId": "zelto", "card": card}],
    }
    if text.dedup_key:
        message["thread"] = {"threadKey": text.dedup_key}
    return message


def send(config: Config, notice: Notice) -> Answer:
    """Post a card. A second one with the same `requestId` is not made."""
    url = config["url"]
    joined = "&" if "?" in url else "?"
    whole = f"{url}{joined}{THREADED}&requestId={notice.message_id}"
    secrets = secrets_in(url)
    return post_json(whole, payload(notice.text), secrets=secrets, final=FINAL)


KIND = ChannelKind(
    label="Google Chat",
    intro=(
        "In Google Chat, open the menu of the space that is to be told, then Apps and "
        "integrations, Webhooks, and copy the address of a new webhook."
    ),
    fields=webhook_fields(EXAMPLE),
    check=webhook_check(HOSTS, EXAMPLE),
    send=send,
)
