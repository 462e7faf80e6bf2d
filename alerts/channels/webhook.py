"""A webhook to a program of the user's own, signed as Standard Webhooks has it."""

from __future__ import annotations

import json
import time
from typing import Any

from alerts.channels.checks import masked_address, web_address
from alerts.channels.http_post import JSON, post, secrets_in
from alerts.channels.kind import (
    ChannelConfigError,
    ChannelKind,
    CheckedConfig,
    Config,
    Field,
    Notice,
)
from alerts.channels.signing import is_secret, new_secret, signed_headers
from alerts.channels.text import Answer
from web.iso_time import iso_microseconds

EXAMPLE = "https://example.com/zelto"
# Whatever else a program answers may pass, as while it is deployed.
FINAL = {410: "The program says that it is gone for good."}
NO_SIGNING_KEY = (
    "A signing secret is whsec_ and 24 to 64 bytes as base64; leave it empty to have "
    "one made."
)


def check(values: Config) -> CheckedConfig:
    """Accept an address; make a signing secret where none is there yet, which no form
    asks for.

    Raises:
        ChannelConfigError: one of them cannot be.
    """
    url = web_address(values, example=EXAMPLE)
    secret = values.get("secret", "").strip() or new_secret()
    if not is_secret(secret):
        raise ChannelConfigError("secret", NO_SIGNING_KEY)
    return CheckedConfig(masked_address(url), {"url": url, "secret": secret})


def payload(notice: Notice) -> dict[str, Any]:
    """Return the body: what happened, when, and what it is about."""
    return {
        "type": notice.event,
        "timestamp": iso_microseconds(notice.made_at),
        "data": notice.data,
    }


def send(config: Config, notice: Notice) -> Answer:
    """Post an event. Its `webhook-id` is the same for every try."""
    url, secret = config["url"], config["secret"]
    body = json.dumps(payload(notice), ensure_ascii=False).encode("utf-8", "replace")
    secrets = list(filter(None, [secret, notice.former_secret]))
    signed = signed_headers(str(notice.message_id), int(time.time()), body, secrets)
    return post(
        url,
        body,
        secrets=[*secrets_in(url), *secrets],
        headers=JSON | signed,
        final=FINAL,
        is_patient=True,
    )


KIND = ChannelKind(
    label="Webhook",
    intro=(
        "Zelto posts JSON to a program of yours, signed as Standard Webhooks has it, so "
        "that the program can tell that it comes from here."
    ),
    fields=(Field("url", "Address", f"It looks like {EXAMPLE}", is_secret=True),),
    check=check,
    send=send,
    is_of_programs=True,
)
