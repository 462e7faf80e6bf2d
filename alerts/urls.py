"""The addresses of the pages of alerts."""

from __future__ import annotations

from django.urls import path

from alerts.pages import (
    channel_detail_views,
    channel_views,
    issue_action_views,
    issue_views,
    rule_views,
    week_views,
)

app_name = "alerts"

ALERTS = "org/<slug:slug>/alerts"
ISSUE = f"{ALERTS}/issues/<uuid:issue_id>"
CHANNEL = f"{ALERTS}/channels/<uuid:channel_id>"
RULE = f"{ALERTS}/rules/<int:rule_id>"

issue_urls = [
    path(f"{ALERTS}/", issue_views.issue_list),
    path(ALERTS, issue_views.issue_list, name="issues"),
    path(f"{ALERTS}/history", issue_views.history, name="history"),
    path(ISSUE, issue_views.issue_detail, name="issue"),
    path(f"{ISSUE}/status", issue_views.issue_status, name="issue-status"),
    path(
        f"{ISSUE}/acknowledge",
        issue_action_views.acknowledge,
        name="issue-acknowledge",
    ),
    path(f"{ISSUE}/snooze", issue_action_views.snooze, name="issue-snooze"),
    path(f"{ISSUE}/wake", issue_action_views.wake, name="issue-wake"),
]

channel_urls = [
    path(f"{ALERTS}/channels", channel_views.channel_list, name="channels"),
    path(f"{ALERTS}/channels/new", channel_views.add_channel, name="channel-add"),
    path(CHANNEL, channel_detail_views.channel_detail, name="channel"),
    path(
        f"{CHANNEL}/status", channel_detail_views.channel_status, name="channel-status"
    ),
    path(
        f"{CHANNEL}/change", channel_detail_views.change_channel, name="channel-change"
    ),
    path(
        f"{CHANNEL}/routing",
        channel_detail_views.change_routing,
        name="channel-routing",
    ),
    path(f"{CHANNEL}/test", channel_detail_views.test_channel, name="channel-test"),
    path(
        f"{CHANNEL}/rotate", channel_detail_views.rotate_secret, name="channel-rotate"
    ),
    path(
        f"{CHANNEL}/enable", channel_detail_views.enable_channel, name="channel-enable"
    ),
    path(
        f"{CHANNEL}/remove", channel_detail_views.remove_channel, name="channel-remove"
    ),
]

rule_urls = [
    path(f"{ALERTS}/rules", rule_views.rule_list, name="rules"),
    path(f"{ALERTS}/rules/new", rule_views.add_rule, name="rule-add"),
    path(RULE, rule_views.rule_detail, name="rule"),
    path(f"{RULE}/remove", rule_views.remove_rule, name="rule-remove"),
]

urlpatterns = [
    *issue_urls,
    *channel_urls,
    *rule_urls,
    path(f"{ALERTS}/week/<uuid:agent_id>", week_views.agent_week, name="week"),
    path(
        "org/<slug:slug>/agents/<uuid:agent_id>/issues",
        issue_views.agent_issues,
        name="agent-issues",
    ),
]
