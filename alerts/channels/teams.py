"""Microsoft Teams, by a webhook of Workflows, which posts an adaptive card.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
"""

from __future__ import annotations

from typing import Any

from alerts.channels.checks import webhook_check, webhook_fields
from alerts.channels.http_post import post_json, secrets_in
from alerts.channels.kind import ChannelKind, Config, Notice
from alerts.channels.text import Answer, Severity, Text
from alerts.channels.wording import MARKS, clip, lines_within, one_line

# Of Workflows before and after 2025, of the clouds of governments, and of connectors.
HOSTS = (
    *(".logic.azure.com", ".logic.azure.us", ".api.powerplatform.com"),
    *(".api.powerplatform.us", "api.powerautomate.com", ".webhook.office.com"),
)
EXAMPLE = "https://….api.powerplatform.com/…/workflows/…"
MAX_TITLE_CHARACTERS = 500
# Of 28 KB that a message may have.
MAX_BODY_CHARACTERS = 4500
MAX_PARAGRAPHS = 40
MAX_ACTIONS = 6
COLOURS = {
    Severity.CRITICAL: "Attention",
    Severity.WARNING: "Warning",
    Severity.INFO: "Accent",
    Severity.RESOLVED: "Good",
}
GONE = "The workflow is gone or off; look after it in Teams, or make another one."
FINAL = {
    400: "The workflow does not take a card; it must begin with a webhook request.",
    401: "The workflow lets only people of its own post; set it to anyone.",
    403: GONE,
    404: GONE,
    410: GONE,
}


def payload(text: Text) -> dict[str, Any]:
    """Return a card. Its runs of text are no Markdown, unlike its blocks of text."""
    title = clip(one_line(text.title), MAX_TITLE_CHARACTERS)
    body = [
        _paragraph(
            f"{MARKS[text.severity]} {title}",
            size="Large",
            weight="Bolder",
            color=COLOURS[text.severity],
        )
    ]
    lines = lines_within(text.lines, MAX_BODY_CHARACTERS).splitlines()
    body += [_paragraph(line) for line in lines if line][:MAX_PARAGRAPHS]
    actions = [
        {"type": "Action.OpenUrl", "title": link.label, "url": link.url}
        for link in text.links[:MAX_ACTIONS]
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": title,
        "body": body,
        "actions": actions,
        "msteams": {"width": "Full"},
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _paragraph(text: str, **look: str) -> dict[str, Any]:
    run = {"type": "TextRun", "text": text, **look}
    return {"type": "RichTextBlock", "inlines": [run]}


def send(config: Config, notice: Notice) -> Answer:
    """Post a card."""
    url = config["url"]
    return post_json(url, payload(notice.text), secrets=secrets_in(url), final=FINAL)


KIND = ChannelKind(
    label="Microsoft Teams",
    intro=(
        "In Teams, open Workflows at the channel that is to be told, choose “Send webhook "
        "alerts to a channel”, and copy the address that it shows at the end."
    ),
    fields=webhook_fields(EXAMPLE),
    check=webhook_check(HOSTS, EXAMPLE),
    send=send,
)
