"""What each kind of channel is sent, as its service documents it."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest

from alerts.channels.kind import ChannelConfigError, Notice
from alerts.channels.registry import KINDS
from alerts.channels.text import Severity
from tests.alerts.channels.conftest import (
    API_KEY,
    FORMS,
    HOSTILE,
    KEY,
    PATH,
    TOKEN,
    Send,
    notice,
)
from tests.alerts.receiver import Post, Receiver

ISSUE = "018f0000-0000-7000-8000-000000000001"
PAGE = "https://zelto.example.com/org/acme/alerts"
LONG = notice(title="silent " * 3000, lines=["refused <&> *_`\\ \n" * 50] * 200)


def sent(receiver: Receiver, send: Send, kind: str, what: Notice | None = None) -> Post:
    """Return what a channel was sent."""
    assert send(kind, what).was_taken
    return receiver.posts[-1]


@pytest.mark.parametrize("kind", FORMS)
def test_it_is_json_in_utf_8(kind: str, receiver: Receiver, send: Send) -> None:
    post = sent(receiver, send, kind, notice(title="Empfang, 受付 🔕 ist stumm"))
    assert post.headers["content-type"] == "application/json"
    assert post.headers["user-agent"] == "Zelto"
    if kind != "webhook":
        assert "受付 🔕" in json.dumps(post.json, ensure_ascii=False)


def test_slack_gets_plain_text_and_escaped_mentions(
    receiver: Receiver, send: Send
) -> None:
    post = sent(receiver, send, "slack")
    assert post.path == PATH
    title = html.escape(f"🔴 {HOSTILE} is silent since 14:02", quote=False)
    line = "Since 14:02 its key &lt;b&gt;prod&lt;/b&gt; was refused."
    link = f"<{PAGE}|See the alert>"
    assert post.json["text"] == f"{title}\n{line}\n{link}"
    header, body, links = post.json["blocks"]
    assert header["type"] == "header"
    assert header["text"]["type"] == body["text"]["type"] == "plain_text"
    assert header["text"]["emoji"] is False
    assert body["text"]["text"] == line
    assert links == {"type": "section", "text": {"type": "mrkdwn", "text": link}}


def test_slack_is_within_its_limits(receiver: Receiver, send: Send) -> None:
    blocks = sent(receiver, send, "slack", LONG).json["blocks"]
    assert len(blocks[0]["text"]["text"]) <= 3000
    assert len(blocks[1]["text"]["text"]) <= 3000


def test_teams_gets_an_adaptive_card_without_markdown(
    receiver: Receiver, send: Send
) -> None:
    post = sent(receiver, send, "teams")
    assert post.json["type"] == "message"
    (attachment,) = post.json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    # TextBlock would read Markdown, TextRun reads none.
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    runs = [run for block in card["body"] for run in block["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}
    assert runs[0]["text"] == f"🔴 {HOSTILE} is silent since 14:02"
    assert runs[0]["color"] == "Attention"
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "See the alert", "url": PAGE}
    ]
    assert len(sent(receiver, send, "teams", LONG).body) < 28 * 1024


def test_discord_gets_an_embed_that_mentions_nobody(
    receiver: Receiver, send: Send
) -> None:
    post = sent(receiver, send, "discord")
    assert post.path == f"{PATH}?wait=true"
    assert post.json["allowed_mentions"] == {"parse": []}
    (embed,) = post.json["embeds"]
    assert embed["title"] == (
        "🔴 Front \\*desk\\* \\<!channel\\> \\@everyone \\[x\\]\\(http://evil\\) & "
        '"co" \\`a\\` is silent since 14:02'
    )
    assert embed["description"] == (
        "Since 14:02 its key \\<b\\>prod\\</b\\> was refused.\n\n"
        f"[See the alert]({PAGE})"
    )
    assert embed["color"] == 0xD63939
    (embed,) = sent(receiver, send, "discord", LONG).json["embeds"]
    assert len(embed["title"]) <= 256
    assert len(embed["description"]) <= 4096


def test_google_chat_gets_a_card_in_the_thread_of_the_issue(
    receiver: Receiver, send: Send
) -> None:
    post = sent(receiver, send, "google_chat")
    assert post.path.startswith(f"{PATH}?key=kEyKeYkEy123&token=tOkEnToKeN456&")
    assert post.path.endswith(
        "messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
        "&requestId=018f0000-0000-7000-8000-0000000000aa"
    )
    assert post.json["thread"] == {"threadKey": ISSUE}
    (card,) = post.json["cardsV2"]
    assert card["card"]["header"]["title"].startswith(f"🔴 {HOSTILE}")
    paragraph, buttons = card["card"]["sections"][0]["widgets"]
    assert paragraph["textParagraph"]["text"] == (
        "Since 14:02 its key &lt;b&gt;prod&lt;/b&gt; was refused."
    )
    assert buttons["buttonList"]["buttons"] == [
        {"text": "See the alert", "onClick": {"openLink": {"url": PAGE}}}
    ]
    assert len(sent(receiver, send, "google_chat", LONG).body) <= 32_000


@pytest.mark.parametrize(
    ("event", "severity", "action"),
    [
        ("issue.opened", Severity.WARNING, "trigger"),
        ("issue.acknowledged", Severity.INFO, "acknowledge"),
        ("issue.resolved", Severity.RESOLVED, "resolve"),
    ],
)
def test_pagerduty_opens_acknowledges_and_resolves_by_the_id_of_the_issue(
    event: str, severity: Severity, action: str, receiver: Receiver, send: Send
) -> None:
    post = sent(receiver, send, "pagerduty", notice(event, severity=severity))
    assert post.path == "/v2/enqueue"
    assert post.json["routing_key"] == KEY
    assert post.json["event_action"] == action
    assert post.json["dedup_key"] == ISSUE
    assert ("payload" in post.json) is (action == "trigger")


def test_pagerduty_gets_what_is_wrong(
    receiver: Receiver, send: Send, settings: Any
) -> None:
    settings.BASE_HOST = "zelto.example.com"
    post = sent(receiver, send, "pagerduty")
    assert post.json["payload"] == {
        "summary": f"{HOSTILE} is silent since 14:02",
        "source": "zelto.example.com",
        "severity": "critical",
        "timestamp": "2026-11-27T14:10:00+00:00",
        "class": "agent_silent",
        "custom_details": {
            "details": "Since 14:02 its key <b>prod</b> was refused.",
        },
    }
    assert post.json["links"] == [{"href": PAGE, "text": "See the alert"}]
    long = sent(receiver, send, "pagerduty", LONG).json
    assert len(long["payload"]["summary"]) <= 1024


@pytest.mark.parametrize("kind", ["pagerduty", "opsgenie"])
def test_a_test_leaves_no_incident_open(
    kind: str, receiver: Receiver, send: Send
) -> None:
    assert send(kind, notice("test", dedup_key="")).was_taken
    begin, end = receiver.posts
    key = "018f0000-0000-7000-8000-0000000000aa"
    if kind == "pagerduty":
        assert [one.json["event_action"] for one in (begin, end)] == [
            "trigger",
            "resolve",
        ]
        assert {one.json["dedup_key"] for one in (begin, end)} == {key}
    else:
        assert begin.json["alias"] == key
        assert end.path == f"/v2/alerts/{key}/close?identifierType=alias"


@pytest.mark.parametrize(
    ("event", "severity", "path"),
    [
        ("issue.opened", Severity.WARNING, ""),
        (
            "issue.acknowledged",
            Severity.INFO,
            f"/{ISSUE}/acknowledge?identifierType=alias",
        ),
        (
            "issue.resolved",
            Severity.RESOLVED,
            f"/{ISSUE}/close?identifierType=alias",
        ),
    ],
)
def test_opsgenie_creates_acknowledges_and_closes_by_the_id_of_the_issue(
    event: str, severity: Severity, path: str, receiver: Receiver, send: Send
) -> None:
    post = sent(receiver, send, "opsgenie", notice(event, severity=severity))
    assert post.path == f"/v2/alerts{path}"
    assert post.headers["authorization"] == f"GenieKey {API_KEY}"
    assert post.json["source"] == "Zelto"


def test_opsgenie_is_within_its_limits(receiver: Receiver, send: Send) -> None:
    alert = sent(receiver, send, "opsgenie").json
    assert (alert["alias"], alert["priority"]) == (ISSUE, "P1")
    alert = sent(receiver, send, "opsgenie", LONG).json
    assert len(alert["message"]) <= 130
    assert len(alert["description"]) <= 15_000


def test_telegram_gets_html_with_everything_escaped(
    receiver: Receiver, send: Send
) -> None:
    post = sent(receiver, send, "telegram")
    assert post.path == f"/bot{TOKEN}/sendMessage"
    title = html.escape(HOSTILE, quote=False)
    assert post.json == {
        "chat_id": "-1001234567890",
        "text": (
            f"🔴 <b>{title} is silent since 14:02</b>\n\n"
            "Since 14:02 its key &lt;b&gt;prod&lt;/b&gt; was refused.\n\n"
            f'<a href="{PAGE}">See the alert</a>'
        ),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    long = sent(receiver, send, "telegram", LONG).json["text"]
    assert len(long) <= 4096
    assert long.endswith("</a>")


def test_ntfy_gets_title_priority_and_links(receiver: Receiver, send: Send) -> None:
    post = sent(receiver, send, "ntfy")
    assert post.path == "/"
    assert post.headers["authorization"] == "Bearer tk_0123456789"
    assert post.json == {
        "topic": "zelto-alerts-4711",
        "title": f"{HOSTILE} is silent since 14:02",
        "message": "Since 14:02 its key <b>prod</b> was refused.",
        "priority": 5,
        "tags": ["rotating_light"],
        "click": PAGE,
        "actions": [{"action": "view", "label": "See the alert", "url": PAGE}],
    }
    long = sent(receiver, send, "ntfy", notice(lines=["受付"] * 3000)).json
    assert len(long["message"].encode()) <= 4096


@pytest.mark.parametrize(
    ("kind", "form", "field"),
    [
        ("slack", {"url": ""}, "url"),
        ("slack", {"url": "https://example.com/services/x"}, "url"),
        ("slack", {"url": "http://hooks.slack.com/services/x"}, "url"),
        ("slack", {"url": "https://hooks.slack.com.evil.com/services/x"}, "url"),
        ("teams", {"url": "https://logic.azure.com.evil.com/x"}, "url"),
        ("discord", {"url": "https://user:pass@discord.com/api/webhooks/1/x"}, "url"),
        ("google_chat", {"url": "https://chat.googleapis.com:22/x"}, "url"),
        ("pagerduty", {"routing_key": "short"}, "routing_key"),
        ("pagerduty", {"routing_key": KEY, "region": "mars"}, "region"),
        ("opsgenie", {"api_key": "a b"}, "api_key"),
        ("telegram", {"token": "no token", "chat_id": "1"}, "token"),
        ("telegram", {"token": TOKEN, "chat_id": "us"}, "chat_id"),
        ("telegram", {"token": TOKEN, "chat_id": "1", "topic_id": "x"}, "topic_id"),
        ("ntfy", {"server": "https://ntfy.sh/topic", "topic": "a"}, "server"),
        ("ntfy", {"topic": "a b"}, "topic"),
        ("ntfy", {"topic": "a", "token": "x\r\nX-Evil: 1"}, "token"),
        ("webhook", {"url": "https://example.com/\r\nX-Evil: 1"}, "url"),
        ("webhook", {"url": "https://exämple.com/"}, "url"),
        ("webhook", {"url": "https://example.com/" + "x" * 3000}, "url"),
        ("webhook", {"url": "https://example.com/", "secret": "short"}, "secret"),
        ("webhook", {"url": "https://example.com/", "secret": "whsec_MA=="}, "secret"),
    ],
)
def test_it_refuses_a_field_that_cannot_be(
    kind: str, form: dict[str, str], field: str
) -> None:
    with pytest.raises(ChannelConfigError) as error:
        KINDS[kind].check(form)
    assert error.value.field == field
    assert error.value.sentence.endswith((".", "…", "XXXX", "zelto", "//"))


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("slack", {"url": " https://hooks.slack.com/services/T0/B0/abc "}),
        ("teams", {"url": "https://prod-1.westeurope.logic.azure.com:443/workflows/x"}),
        ("teams", {"url": "https://default1.2.environment.api.powerplatform.com/x"}),
        ("discord", {"url": "https://discord.com/api/webhooks/1/x?thread_id=2"}),
        ("pagerduty", {"routing_key": KEY, "region": "eu"}),
        ("opsgenie", {"api_key": API_KEY, "region": "jsm"}),
        ("ntfy", {"topic": "a", "server": ""}),
        ("webhook", {"url": "https://example.com:8443/hook?a=b"}),
    ],
)
def test_it_takes_what_services_hand_out(kind: str, form: dict[str, str]) -> None:
    assert KINDS[kind].check(form).config
