"""The page of rules: what they say, who may change them, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Organization, User
from alerts.models import IssueKind, Rule
from alerts.texts.rule_sentences import sentence_of
from conversations.models import Agent

pytestmark = pytest.mark.django_db

PAGE = "/org/acme/alerts/rules"
SCRIPT = "<script>alert(1)</script>"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def content_of(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def said(organization: Organization, **fields: Any) -> str:
    rule = Rule(organization=organization, **fields)
    return sentence_of(rule, NOW, UTC)


def test_rules_are_said_in_words(organization: Organization, agent: Agent) -> None:
    assert (
        said(
            organization,
            agent=agent,
            kind=IssueKind.AGENT_SILENT,
            quiet_from=time(22),
            quiet_to=time(7),
            days_off=[6],
        )
        == "Silence of Front desk is not told on Sundays and between 22:00 and 7:00."
    )
    assert said(organization, is_off=True, kind="key_unused") == (
        "Keys that are no longer used are not watched."
    )
    assert said(organization, delay_minutes=90) == (
        "Whatever is wrong is told once it lasts longer than 1 h 30 min."
    )
    assert said(organization, agent=agent, days_off=[5, 6, 4], delay_minutes=10) == (
        "Whatever is wrong with Front desk is not told on Fridays, Saturdays and "
        "Sundays. It is told once it lasts longer than 10 min."
    )
    until = datetime(2026, 12, 3, 8, tzinfo=UTC)
    assert said(organization, agent=agent, kind="agent_silent", silent_until=until) == (
        "Silence of Front desk is not told until 3 Dec, 8:00, since it is expected."
    )
    assert said(organization, agent=agent, silent_until=until) == (
        "Front desk is expected to be silent until 3 Dec, 8:00."
    )


def test_without_a_rule_it_says_so(bob_client: Client, dora_client: Client) -> None:
    assert "every issue is told at once" in content_of(bob_client)
    assert "Add rule" not in content_of(bob_client)
    assert "Add rule" in content_of(dora_client)


def test_an_admin_adds_a_rule(dora: User, dora_client: Client, agent: Agent) -> None:
    response = dora_client.post(
        f"{PAGE}/new",
        {
            "kind": "agent_silent",
            "agent": str(agent.pk),
            "quiet_from": "22:00",
            "quiet_to": "07:00",
            "days_off": ["6"],
        },
    )
    assert response.status_code == 302
    rule = Rule.objects.get()
    assert (rule.agent, rule.kind, rule.days_off) == (agent, "agent_silent", [6])
    assert (rule.quiet_from, rule.quiet_to) == (time(22), time(7))
    sentence = (
        "Silence of Front desk is not told on Sundays and between 22:00 and 7:00."
    )
    assert sentence in content_of(dora_client)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.by) == ("alert_rule.changed", dora)
    assert entry.subject == sentence
    assert "changed a rule of alerts" in content_of(
        dora_client, "/org/acme/settings/audit"
    )


def test_a_moment_is_on_the_clock_of_the_organization(
    dora_client: Client, organization: Organization, agent: Agent
) -> None:
    Organization.objects.update(time_zone="Asia/Tokyo")
    typed = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT08:00")
    dora_client.post(f"{PAGE}/new", {"agent": str(agent.pk), "silent_until": typed})
    rule = Rule.objects.get()
    assert rule.silent_until is not None
    organization.refresh_from_db()
    local = rule.silent_until.astimezone(organization.zone)
    assert local.strftime("%Y-%m-%dT%H:%M") == typed
    form = content_of(dora_client, f"{PAGE}/{rule.pk}")
    assert f'value="{typed}"' in form


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, "Nothing is different yet"),
        ({"quiet_from": "22:00"}, "Enter both"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "are the same"),
        ({"days_off": list("0123456")}, "Every day is off"),
        ({"silent_until": "2020-01-01T10:00"}, "over already"),
        ({"silent_until": "2099-01-01T10:00"}, "within a year"),
        ({"delay_minutes": "-1"}, "greater than or equal"),
        ({"delay_minutes": "99999"}, "less than or equal"),
        (
            {"kind": "key_expires", "silent_until": "2099-01-01T10:00"},
            "within a year",
        ),
        ({"kind": "nonsense", "is_off": "on"}, "Select a valid choice"),
        ({"kind": "disk_full", "is_off": "on"}, "Select a valid choice"),
    ],
)
def test_it_refuses_what_makes_no_sense(
    dora_client: Client, fields: dict[str, Any], fault: str
) -> None:
    response = dora_client.post(f"{PAGE}/new", fields)
    assert response.status_code == 200
    assert fault in response.content.decode()
    assert not Rule.objects.exists()


def test_a_kind_that_no_agent_has_takes_no_agent(
    dora_client: Client, agent: Agent
) -> None:
    response = dora_client.post(
        f"{PAGE}/new", {"kind": "key_expires", "agent": str(agent.pk), "is_off": "on"}
    )
    assert "This is of no single agent" in response.content.decode()


def test_there_is_one_rule_for_one_thing(dora_client: Client) -> None:
    for _ in range(2):
        response = dora_client.post(f"{PAGE}/new", {"delay_minutes": "5"})
    assert "There is a rule for this already" in response.content.decode()
    assert Rule.objects.count() == 1


def test_a_rule_is_changed_and_removed(
    dora_client: Client, organization: Organization
) -> None:
    rule = Rule.objects.create(organization=organization, delay_minutes=5)
    page = f"{PAGE}/{rule.pk}"
    assert 'value="5"' in content_of(dora_client, page)
    dora_client.post(page, {"delay_minutes": "5"})
    assert not AuditEntry.objects.exists()
    dora_client.post(page, {"delay_minutes": "10"})
    rule.refresh_from_db()
    assert rule.delay_minutes == 10
    response = dora_client.post(page, {"quiet_to": "10:00"})
    assert "Enter both" in response.content.decode()
    assert dora_client.get(f"{page}/remove").status_code == 405
    dora_client.post(f"{page}/remove")
    assert not Rule.objects.exists()
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["alert_rule.changed", "alert_rule.removed"]


def test_two_rules_cannot_become_the_same(
    dora_client: Client, organization: Organization
) -> None:
    Rule.objects.create(organization=organization, delay_minutes=5)
    other = Rule.objects.create(
        organization=organization, kind="key_unused", is_off=True
    )
    response = dora_client.post(f"{PAGE}/{other.pk}", {"kind": "", "is_off": "on"})
    assert "There is a rule for this already" in response.content.decode()
    other.refresh_from_db()
    assert other.kind == "key_unused"


def test_a_member_reads_rules_and_changes_none(
    bob_client: Client, organization: Organization
) -> None:
    rule = Rule.objects.create(organization=organization, delay_minutes=5)
    assert "Whatever is wrong is told once" in content_of(bob_client)
    assert bob_client.post(f"{PAGE}/new", {"is_off": "on"}).status_code == 403
    assert bob_client.get(f"{PAGE}/{rule.pk}").status_code == 403
    assert bob_client.post(f"{PAGE}/{rule.pk}", {"is_off": "on"}).status_code == 403
    assert bob_client.post(f"{PAGE}/{rule.pk}/remove").status_code == 403
    assert Rule.objects.get().delay_minutes == 5


def test_rules_of_the_instance_are_the_owners_alone(
    alice_client: Client, dora_client: Client, organization: Organization
) -> None:
    rule = Rule.objects.create(
        organization=organization, kind="disk_full", delay_minutes=5
    )
    assert "A disk that is almost full" in content_of(alice_client)
    assert "A disk that is almost full" not in content_of(dora_client)
    assert dora_client.get(f"{PAGE}/{rule.pk}").status_code == 404


def test_an_outsider_finds_no_rule(
    charlie_client: Client, organization: Organization, agent: Agent
) -> None:
    rule = Rule.objects.create(organization=organization, agent=agent, is_off=True)
    own = "/org/globex/alerts/rules"
    assert charlie_client.get(PAGE).status_code == 404
    for base in (PAGE, own):
        assert charlie_client.get(f"{base}/{rule.pk}").status_code == 404
        assert charlie_client.post(f"{base}/{rule.pk}/remove").status_code == 404
    response = charlie_client.post(
        f"{own}/new", {"agent": str(agent.pk), "is_off": "on"}
    )
    assert "Select a valid choice" in response.content.decode()
    assert "Front desk" not in content_of(charlie_client, own)
    assert Rule.objects.count() == 1


def test_the_agents_page_leads_to_a_form_for_it(
    dora_client: Client, organization: Organization, agent: Agent
) -> None:
    content = content_of(dora_client, f"{PAGE}?agent={agent.pk}")
    assert f'value="{agent.pk}" selected' in content
    assert " selected" not in content_of(dora_client, f"{PAGE}?agent=x").split(
        'id="rule-agent"'
    )[1].split("</select>")[0].replace('value="" selected', "")


def test_changes_need_a_token_of_the_page(dora: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(dora)
    assert strict.post(f"{PAGE}/new", {"is_off": "on"}).status_code == 403
    assert not Rule.objects.exists()


def test_names_are_never_read_as_markup(
    dora_client: Client, organization: Organization
) -> None:
    agent = Agent.objects.create(
        organization=organization, provider="livekit", external_id="x", name=SCRIPT
    )
    rule = Rule.objects.create(organization=organization, agent=agent, is_off=True)
    for path in (PAGE, f"{PAGE}/{rule.pk}"):
        assert SCRIPT not in content_of(dora_client, path)
