"""Telegram, by a bot.

https://core.telegram.org/bots/api#sendmessage
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from alerts.channels.checks import masked, matched
from alerts.channels.http_post import MAX_RETRY_AFTER_SECONDS, base_url, post_json
from alerts.channels.kind import (
    ChannelKind,
    CheckedConfig,
    Config,
    Field,
    Notice,
)
from alerts.channels.slack import escape
from alerts.channels.text import Answer, Text
from alerts.channels.wording import MARKS, clip, lines_within, one_line

BASE_URL = "https://api.telegram.org"
# A message has 4,096 after its entities are read; these count before that.
MAX_TITLE_CHARACTERS = 500
MAX_BODY_CHARACTERS = 2800
FINAL = {
    400: "Check the chat: the bot must be a member of it, and its number is right.",
    401: "Telegram does not know this token; ask BotFather for it again.",
    403: "The bot was removed from the chat, or was blocked.",
    404: "Telegram does not know this token; ask BotFather for it again.",
}


def check(values: Config) -> CheckedConfig:
    """Accept a bot's token, a chat, and a topic of it.

    Raises:
        ChannelConfigError: one of them cannot be.
    """
    token = matched(
        values,
        "token",
        r"[0-9]{5,20}:[A-Za-z0-9_-]{30,64}",
        "A token looks like 123456789:AAE4f…; BotFather tells it.",
    )
    chat = matched(
        values,
        "chat_id",
        r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,40}",
        "A chat is a number such as -1001234567890, or a public name such as @alerts.",
    )
    topic = matched(
        values,
        "topic_id",
        r"[0-9]{1,12}",
        "A topic is a number; leave it empty where the group has none.",
        is_required=False,
    )
    config = {"token": token, "chat_id": chat, "topic_id": topic}
    return CheckedConfig(f"Chat {chat}, bot {masked(token)}", config)


def payload(config: Config, text: Text) -> dict[str, Any]:
    """Return a message in the HTML of Telegram."""
    title = clip(one_line(text.title), MAX_TITLE_CHARACTERS)
    lines = [escape(line) for line in text.lines]
    links = [
        f'<a href="{escape(link.url).replace(chr(34), "&quot;")}">'
        f"{escape(link.label)}</a>"
        for link in text.links
    ]
    parts = [
        f"{MARKS[text.severity]} <b>{escape(title)}</b>",
        lines_within(lines, MAX_BODY_CHARACTERS),
        " · ".join(links),
    ]
    message: dict[str, Any] = {
        "chat_id": config["chat_id"],
        "text": "\n\n".join(filter(None, parts)),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if config.get("topic_id"):
        message["message_thread_id"] = int(config["topic_id"])
    return message


def send(config: Config, notice: Notice) -> Answer:
    """Send a message."""
    token = config["token"]
    url = f"{base_url('telegram', BASE_URL)}/bot{token}/sendMessage"
    secrets = [token, token.partition(":")[2]]
    message = payload(config, notice.text)
    answer = post_json(url, message, secrets=secrets, final=FINAL)
    if answer.status == 429 and answer.retry_after is None:
        return replace(answer, retry_after=_wait(answer.answer))
    return answer


def _wait(answer: str) -> float | None:
    """Return for how many seconds Telegram asks to wait, in its JSON."""
    try:
        seconds = float(json.loads(answer)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


KIND = ChannelKind(
    label="Telegram",
    intro=(
        "Ask @BotFather for a bot, and add it to the group or channel that is to be "
        "told. The number of a group begins with -100."
    ),
    fields=(
        Field("token", "Token of the bot", is_secret=True),
        Field("chat_id", "Chat", "A number, or the public name with @ before it."),
        Field(
            "topic_id",
            "Topic",
            "Of a group with topics: its number.",
            is_required=False,
        ),
    ),
    check=check,
    send=send,
)
