"""ntfy, at ntfy.sh or a server of one's own.

https://docs.ntfy.sh/publish/#publish-as-json
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from alerts.channels.checks import masked, matched, web_address
from alerts.channels.http_post import post_json
from alerts.channels.kind import (
    ChannelConfigError,
    ChannelKind,
    CheckedConfig,
    Config,
    Field,
    Notice,
)
from alerts.channels.text import Answer, Severity, Text
from alerts.channels.wording import clip, clip_bytes, one_line

PUBLIC = "https://ntfy.sh"
MAX_TITLE_CHARACTERS = 200
# More than 4,096 bytes become a file.
MAX_MESSAGE_BYTES = 3900
MAX_ACTIONS = 3
PRIORITIES = {
    Severity.CRITICAL: 5,
    Severity.WARNING: 4,
    Severity.INFO: 3,
    Severity.RESOLVED: 3,
}
# Names that ntfy shows as emoji.
TAGS = {
    Severity.CRITICAL: "rotating_light",
    Severity.WARNING: "warning",
    Severity.INFO: "information_source",
    Severity.RESOLVED: "white_check_mark",
}
FINAL = {
    400: "The server does not take this topic.",
    401: "The server does not take this access token.",
    403: "The server does not let this access token write to this topic.",
    404: "There is no ntfy at this address.",
}


def check(values: Config) -> CheckedConfig:
    """Accept a server, a topic, and an access token.

    Raises:
        ChannelConfigError: one of them cannot be.
    """
    given = {"server": values.get("server", "").strip() or PUBLIC}
    server = web_address(given, "server", example=PUBLIC).rstrip("/")
    if urlsplit(server).path or urlsplit(server).query:
        raise ChannelConfigError(
            "server", f"Enter the server alone, such as {PUBLIC}; the topic is below."
        )
    topic = matched(
        values,
        "topic",
        r"[A-Za-z0-9_-]{1,64}",
        "A topic has up to 64 letters, digits, - and _.",
    )
    token = matched(
        values,
        "token",
        r"[\x21-\x7e]{1,200}",
        "An access token has no spaces; it looks like tk_….",
        is_required=False,
    )
    shown = f"{urlsplit(server).netloc}, topic {masked(topic)}"
    return CheckedConfig(shown, {"server": server, "topic": topic, "token": token})


def payload(config: Config, text: Text) -> dict[str, Any]:
    """Return a message; ntfy reads no format in it."""
    message: dict[str, Any] = {
        "topic": config["topic"],
        "title": clip(one_line(text.title), MAX_TITLE_CHARACTERS),
        "message": clip_bytes("\n".join(text.lines) or text.title, MAX_MESSAGE_BYTES),
        "priority": PRIORITIES[text.severity],
        "tags": [TAGS[text.severity]],
        "actions": [
            {"action": "view", "label": link.label, "url": link.url}
            for link in text.links[:MAX_ACTIONS]
        ],
    }
    if text.links:
        message["click"] = text.links[0].url
    return message


def send(config: Config, notice: Notice) -> Answer:
    """Publish a message."""
    token = config.get("token", "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return post_json(
        config["server"],
        payload(config, notice.text),
        secrets=[token, config["topic"]],
        headers=headers,
        final=FINAL,
    )


KIND = ChannelKind(
    label="ntfy",
    intro=(
        "Subscribe to a topic in the ntfy app. At ntfy.sh whoever knows its name can read "
        "it, so choose one that nobody guesses."
    ),
    fields=(
        Field("server", "Server", is_required=False, initial=PUBLIC),
        Field("topic", "Topic", is_secret=True),
        Field(
            "token",
            "Access token",
            "Where the topic is protected.",
            is_secret=True,
            is_required=False,
        ),
    ),
    check=check,
    send=send,
)
