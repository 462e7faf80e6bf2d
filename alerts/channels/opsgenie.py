"""Opsgenie, and the operations of Jira Service Management that follow it: an alert for each
issue, closed with it.

https://docs.opsgenie.com/docs/alert-api
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from alerts.channels.checks import chosen, masked, matched
from alerts.channels.http_post import base_url, post_json
from alerts.channels.kind import (
    ChannelKind,
    CheckedConfig,
    Config,
    Field,
    Notice,
)
from alerts.channels.steps import Step, steps_of
from alerts.channels.text import Answer, Severity
from alerts.channels.wording import clip, one_line, plain

REGIONS = (
    ("us", "United States"),
    ("eu", "European Union"),
    ("jsm", "Jira Service Management"),
)
BASE_URLS = {
    "us": "https://api.opsgenie.com",
    "eu": "https://api.eu.opsgenie.com",
    # Opsgenie ends in April 2027; this takes the same requests.
    "jsm": "https://api.atlassian.com/jsm/ops/integration",
}
MAX_MESSAGE_CHARACTERS = 130
MAX_DESCRIPTION_CHARACTERS = 15_000
MAX_NOTE_CHARACTERS = 25_000
PATHS = {Step.ACKNOWLEDGE: "acknowledge", Step.CLOSE: "close"}
PRIORITIES = {
    Severity.CRITICAL: "P1",
    Severity.WARNING: "P2",
    Severity.INFO: "P4",
    Severity.RESOLVED: "P5",
}
KEY = "Opsgenie does not take this API key; it must be one of an API integration."
FINAL = {
    401: KEY,
    403: f"{KEY} Its integration must be on, and may create alerts.",
    404: "Opsgenie does not know this address; choose another place of the account.",
    422: "Opsgenie does not take what this channel sends, or not with this API key.",
}


def check(values: Config) -> CheckedConfig:
    """Accept an API key and where the account is.

    Raises:
        ChannelConfigError: one of them cannot be.
    """
    key = matched(
        values,
        "api_key",
        r"[A-Za-z0-9_-]{20,200}",
        "An API key has at least 20 letters, digits, - and _.",
    )
    region = chosen(values, "region", REGIONS)
    shown = f"API key {masked(key)}, {dict(REGIONS)[region]}"
    return CheckedConfig(shown, {"api_key": key, "region": region})


def payload(notice: Notice, step: Step) -> dict[str, Any]:
    """Return the body of a step; all of an issue have its id as their alias."""
    text = notice.text
    if step is not Step.OPEN:
        note = "\n".join([text.title, *text.lines])
        return {"source": "Zelto", "note": clip(note, MAX_NOTE_CHARACTERS)}
    whole = f"{text.title}\n{plain(text)}"
    return {
        "message": clip(one_line(text.title), MAX_MESSAGE_CHARACTERS),
        "alias": alias_of(notice),
        "description": clip(whole, MAX_DESCRIPTION_CHARACTERS),
        "priority": PRIORITIES[text.severity],
        "source": "Zelto",
        "tags": ["zelto"],
    }


def alias_of(notice: Notice) -> str:
    """Return what tells the alert of an issue from others."""
    return notice.text.dedup_key or str(notice.message_id)


def send(config: Config, notice: Notice) -> Answer:
    """Send the step, of a test one that closes the alert too."""
    key = config["api_key"]
    base = f"{base_url('opsgenie', BASE_URLS[config['region']])}/v2/alerts"
    headers = {"Authorization": f"GenieKey {key}"}
    answer = Answer(was_taken=False)
    for step in steps_of(notice):
        url = base
        if step is not Step.OPEN:
            alias = quote(alias_of(notice), safe="")
            url = f"{base}/{alias}/{PATHS[step]}?identifierType=alias"
        body = payload(notice, step)
        answer = post_json(url, body, secrets=[key], headers=headers, final=FINAL)
        if not answer.was_taken:
            break
    return answer


KIND = ChannelKind(
    label="Opsgenie",
    intro=(
        "In Opsgenie, or in the operations of Jira Service Management, add an API "
        "integration to the team that is to be told, and copy its API key."
    ),
    fields=(
        Field("api_key", "API key", is_secret=True),
        Field("region", "Account in", choices=REGIONS, initial="us"),
    ),
    check=check,
    send=send,
    takes_acknowledgements=True,
)
