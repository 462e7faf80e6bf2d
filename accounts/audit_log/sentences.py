"""An entry of the audit log as a sentence: "Ada revoked the API key staging"."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import ApiKey, AuditAction, AuditEntry, Organization, Role
from web.templatetags.moments import exactly

MAX_SENTENCE_CHARACTERS = 60
# Parts, joined by spaces. One whose word is not in the entry's detail is left out.
_PHRASES: dict[str, tuple[str, ...]] = {
    AuditAction.KEY_CREATED: ("created the API key {subject}", "{key}", "for {scope}"),
    AuditAction.KEY_RENAMED: ("renamed the API key", "{before}", "to {subject}"),
    AuditAction.KEY_ROLLED: (
        "rolled the API key {subject}",
        "{key};",
        "the one before works until {until}",
    ),
    AuditAction.KEY_EXPIRY_CHANGED: (
        "changed when the API key {subject}",
        "{key}",
        "expires, to {until}",
    ),
    AuditAction.KEY_REVOKED: ("revoked the API key {subject}", "{key}"),
    AuditAction.MEMBER_INVITED: ("invited {subject}", "as {role}"),
    AuditAction.INVITATION_REVOKED: ("revoked the invitation of {subject}",),
    AuditAction.MEMBER_JOINED: ("joined", "as {role}"),
    AuditAction.MEMBER_ROLE_CHANGED: (
        "changed the role of {subject}",
        "from {role_before}",
        "to {role}",
    ),
    AuditAction.MEMBER_RENAMED: (
        "changed their name",
        "from {before}",
        "to {subject}",
    ),
    AuditAction.MEMBER_EMAIL_CHANGED: (
        "changed their e-mail address",
        "from {before}",
        "to {subject}",
    ),
    AuditAction.MEMBER_PASSWORD_SET: ("set another password for {subject}",),
    AuditAction.MEMBER_REMOVED: ("removed {subject}",),
    AuditAction.ORGANIZATION_CREATED: ("created the organization {subject}",),
    AuditAction.ORGANIZATION_CHANGED: ("changed {changed}",),
    AuditAction.AGENT_CHANGED: ("changed the agent {subject}", "{changed}"),
    AuditAction.AGENT_RENAMED: ("renamed the agent", "{before}", "to {subject}"),
    AuditAction.AGENT_RETIRED: ("retired the agent {subject}",),
    AuditAction.AGENT_RESTORED: ("brought back the agent {subject}",),
    AuditAction.AGENT_MERGED: ("merged the agent {subject}", "into {into}"),
    AuditAction.AGENT_SEPARATED: ("separated the agent {subject}", "from {kept}"),
    AuditAction.VIEW_SHARED: ("shared the view {subject}",),
    AuditAction.VIEW_UNSHARED: ("stopped sharing the view {subject}", "of {owner}"),
    AuditAction.VIEW_DELETED: ("deleted the shared view {subject}", "of {owner}"),
    AuditAction.CONVERSATION_ERASED: ("erased the conversation {subject}",),
    AuditAction.DATA_EXPORTED: (
        "exported {subject}",
        "as {format}",
        "filtered by {filters}",
        "chosen {choice}",
    ),
    AuditAction.BODY_OPENED: ("opened the raw body of {subject}",),
    AuditAction.RECORDING_OPENED: ("opened the recording of {subject}",),
    AuditAction.RECORDING_STORE_SET: (
        "set the recording store {subject}",
        "with the access key {access_key}",
    ),
    AuditAction.RECORDING_STORE_REMOVED: ("removed the recording store {subject}",),
    AuditAction.DELIVERY_REPLAYED: ("replayed the delivery of {subject}",),
    AuditAction.LIVEKIT_PROJECT_ADDED: (
        "began to watch the LiveKit project {subject}",
        "with the API key {api_key}",
    ),
    AuditAction.LIVEKIT_PROJECT_CHANGED: (
        "changed the LiveKit project {subject}:",
        "{change}",
    ),
    AuditAction.LIVEKIT_PROJECT_REMOVED: ("removed the LiveKit project {subject}",),
    AuditAction.LIVEKIT_SECRET_ENTERED: (
        "entered the secret of the API key {api_key}",
        "for the LiveKit project {subject}",
    ),
    AuditAction.LIVEKIT_SECRET_REMOVED: (
        "removed the API key {api_key}",
        "from the LiveKit project {subject}",
    ),
    AuditAction.ISSUE_ACKNOWLEDGED: ("acknowledged the alert {subject}",),
    AuditAction.ISSUE_SNOOZED: ("snoozed the alert {subject}", "until {until}"),
    AuditAction.ISSUE_WOKEN: ("ended the snooze of the alert {subject}",),
    AuditAction.CHANNEL_ADDED: ("added the alert channel {subject},", "{reached}"),
    AuditAction.CHANNEL_CHANGED: ("changed the alert channel {subject}:", "{change}"),
    AuditAction.CHANNEL_SECRET_ROTATED: (
        "rotated the signing secret of the alert channel {subject};",
        "the one before works until {until}",
    ),
    AuditAction.CHANNEL_TESTED: ("sent a test to the alert channel {subject}",),
    AuditAction.CHANNEL_ENABLED: ("enabled the alert channel {subject} again",),
    AuditAction.CHANNEL_REMOVED: ("removed the alert channel {subject}",),
    AuditAction.ALERT_RULE_CHANGED: ("changed a rule of alerts:", "{subject}"),
    AuditAction.ALERT_RULE_REMOVED: ("removed a rule of alerts:", "{subject}"),
}
_LEFT = "left the organization"
# The page behind a subject whose `id` is in the detail.
_PAGES: dict[str, str] = {
    AuditAction.AGENT_CHANGED: "conversations:agent",
    AuditAction.AGENT_RENAMED: "conversations:agent",
    AuditAction.AGENT_RETIRED: "conversations:agent",
    AuditAction.AGENT_RESTORED: "conversations:agent",
    AuditAction.AGENT_MERGED: "conversations:agent",
    AuditAction.AGENT_SEPARATED: "conversations:agent",
    AuditAction.BODY_OPENED: "integrations:delivery",
    AuditAction.DELIVERY_REPLAYED: "integrations:delivery",
    AuditAction.RECORDING_OPENED: "conversations:detail",
    AuditAction.LIVEKIT_PROJECT_ADDED: "integrations:livekit-project",
    AuditAction.LIVEKIT_PROJECT_CHANGED: "integrations:livekit-project",
    AuditAction.LIVEKIT_SECRET_ENTERED: "integrations:livekit-project",
    AuditAction.LIVEKIT_SECRET_REMOVED: "integrations:livekit-project",
    AuditAction.ISSUE_ACKNOWLEDGED: "alerts:issue",
    AuditAction.ISSUE_SNOOZED: "alerts:issue",
    AuditAction.ISSUE_WOKEN: "alerts:issue",
    AuditAction.CHANNEL_ADDED: "alerts:channel",
    AuditAction.CHANNEL_CHANGED: "alerts:channel",
    AuditAction.CHANNEL_SECRET_ROTATED: "alerts:channel",
    AuditAction.CHANNEL_TESTED: "alerts:channel",
    AuditAction.CHANNEL_ENABLED: "alerts:channel",
}
_FIELDS = {"name": "name", "slug": "address", "time_zone": "time zone"}


def sentence(entry: AuditEntry, organization: Organization) -> SafeString:
    """Return what was done as a sentence in HTML, without who did it."""
    if entry.action == AuditAction.MEMBER_REMOVED and entry.actor == entry.subject:
        return format_html("{}", _LEFT)
    words = _words(entry.detail, organization.zone)
    words["subject"] = _subject(entry, organization)
    parts = _PHRASES.get(entry.action, (f"did {entry.action} to {{subject}}",))
    return format_html_join(
        " ",
        "{}",
        ((format_html(part, **words),) for part in parts if _names(part) <= set(words)),
    )


def _names(part: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(part) if name}


def _words(detail: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    return {
        name: _WRITE[name](value, zone) if name in _WRITE else _quoted(value)
        for name, value in detail.items()
        if value
    }


def _subject(entry: AuditEntry, organization: Organization) -> SafeString:
    text = _quoted(entry.subject)
    page, subject_id = _PAGES.get(entry.action), entry.detail.get("id")
    if page is None or subject_id is None:
        return text
    try:
        url = reverse(page, args=[organization.slug, subject_id])
    except NoReverseMatch:
        return text
    return format_html('<a href="{}">{}</a>', url, text)


def _quoted(value: Any) -> SafeString:
    text = str(value)
    if len(text) <= MAX_SENTENCE_CHARACTERS:
        return format_html('<b class="z-subject" dir="auto">{}</b>', text)
    return format_html(
        '<b class="z-subject" dir="auto" title="{}">{}…</b>',
        text,
        text[:MAX_SENTENCE_CHARACTERS],
    )


def _mono(value: Any, zone: tzinfo) -> SafeString:
    return format_html('<span class="z-mono">{}</span>', value)


def _role(value: Any, zone: tzinfo) -> str:
    return str(dict(Role.choices).get(value, value)).lower()


def _scope(value: Any, zone: tzinfo) -> str:
    return str(dict(ApiKey.Scope.choices).get(value, value)).lower()


def _until(value: Any, zone: tzinfo) -> str:
    try:
        return exactly(datetime.fromisoformat(str(value)), zone)
    except (ValueError, OverflowError):
        return str(value)


def _changed(value: Any, zone: tzinfo) -> SafeString:
    """`{"name": ["before", "after"]}` as "the name from before to after"."""
    pairs = value.items() if isinstance(value, Mapping) else ()
    return format_html_join(
        ", ",
        "the {} from {} to {}",
        (
            (_FIELDS.get(name, name), *(_quoted(each or "nothing") for each in pair))
            for name, pair in pairs
            if isinstance(pair, list) and len(pair) == 2
        ),
    )


_WRITE: dict[str, Callable[[Any, tzinfo], str]] = {
    "key": _mono,
    "role": _role,
    "role_before": _role,
    "scope": _scope,
    "until": _until,
    "changed": _changed,
}
