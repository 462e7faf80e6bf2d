"""PagerDuty, by Events API v2: an incident for each issue, closed with it.

https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

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
from alerts.channels.wording import clip, one_line

REGIONS = (("us", "United States"), ("eu", "European Union"))
BASE_URLS = {
    "us": "https://events.pagerduty.com",
    "eu": "https://events.eu.pagerduty.com",
}
MAX_SUMMARY_CHARACTERS = 1024
MAX_LINES = 50
ACTIONS = {
    Step.OPEN: "trigger",
    Step.ACKNOWLEDGE: "acknowledge",
    Step.CLOSE: "resolve",
}
SEVERITIES = {
    Severity.CRITICAL: "critical",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
    Severity.RESOLVED: "info",
}
FINAL = {
    400: "PagerDuty does not know this integration key, or its service is off.",
    401: "PagerDuty does not know this integration key.",
    403: "PagerDuty does not let this integration key send events.",
    404: "PagerDuty does not know this integration key.",
}


def check(values: Config) -> CheckedConfig:
    """Accept an integration key and where the account is.

    Raises:
        ChannelConfigError: one of them cannot be.
    """
    key = matched(
        values,
        "routing_key",
        r"[A-Za-z0-9]{32}",
        "An integration key has 32 letters and digits.",
    )
    region = chosen(values, "region", REGIONS)
    shown = f"Integration key {masked(key)}, {dict(REGIONS)[region]}"
    return CheckedConfig(shown, {"routing_key": key, "region": region})


def payload(key: str, notice: Notice, step: Step) -> dict[str, Any]:
    """Return an event; all of an issue have its id as their `dedup_key`."""
    text = notice.text
    event: dict[str, Any] = {
        "routing_key": key,
        "event_action": ACTIONS[step],
        "dedup_key": text.dedup_key or str(notice.message_id),
    }
    if step is Step.OPEN:
        event |= {
            "client": "Zelto",
            "client_url": settings.BASE_URL,
            "links": [{"href": one.url, "text": one.label} for one in text.links],
            "payload": {
                "summary": clip(one_line(text.title), MAX_SUMMARY_CHARACTERS),
                "source": settings.BASE_HOST,
                "severity": SEVERITIES[text.severity],
                "timestamp": notice.made_at.isoformat(),
                "class": str(notice.data.get("kind") or notice.event),
                "custom_details": {"details": "\n".join(text.lines[:MAX_LINES])},
            },
        }
    return event


def send(config: Config, notice: Notice) -> Answer:
    """Send the event, of a test one that closes it too."""
    key = config["routing_key"]
    url = f"{base_url('pagerduty', BASE_URLS[config['region']])}/v2/enqueue"
    answer = Answer(was_taken=False)
    for step in steps_of(notice):
        event = payload(key, notice, step)
        answer = post_json(url, event, secrets=[key], final=FINAL)
        if not answer.was_taken:
            break
    return answer


KIND = ChannelKind(
    label="PagerDuty",
    intro=(
        "In PagerDuty, add the integration “Events API v2” to the service that is to be "
        "told, and copy its integration key."
    ),
    fields=(
        Field("routing_key", "Integration key", "32 characters.", is_secret=True),
        Field("region", "Account in", choices=REGIONS, initial="us"),
    ),
    check=check,
    send=send,
    takes_acknowledgements=True,
)
