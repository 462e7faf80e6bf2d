"""The pages on which admins edit, retire, merge and separate agents."""

import re

import pytest

from accounts.models import AuditEntry
from conversations.models import Agent

NASTY = "<script>alert(1)</script>"
LIST = "/org/acme/agents"


def url_of(agent, part=""):
    return f"{LIST}/{agent.id}{part}"


@pytest.fixture
def agent(make_agent):
    return make_agent(name="Front desk", external_id="front-desk", named_by_sequence=3)


def seen(agent):
    """The form as a browser sends it back untouched."""
    fields = {"name": agent.name, "description": agent.description, "type": agent.type}
    return {**fields, **{f"initial-{name}": value for name, value in fields.items()}}


def actions_recorded():
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


PAGES = [
    ("/edit", "get"),
    ("/edit", "post"),
    ("/retire", "post"),
    ("/bring-back", "post"),
    ("/merge", "get"),
    ("/merge", "post"),
    ("/separate", "get"),
    ("/separate", "post"),
]


@pytest.mark.parametrize(("part", "method"), PAGES)
def test_a_member_may_not(bob_client, agent, part, method):
    before = Agent.objects.values().get()
    assert getattr(bob_client, method)(url_of(agent, part)).status_code == 403
    assert Agent.objects.values().get() == before


@pytest.mark.parametrize(("part", "method"), PAGES)
def test_an_outsider_finds_nothing(charlie_client, agent, part, method):
    for address in (url_of(agent, part), url_of(agent, part).replace("acme", "globex")):
        assert getattr(charlie_client, method)(address).status_code == 404


@pytest.mark.parametrize(("part", "method"), PAGES)
def test_the_signed_out_are_led_to_the_login(client, agent, part, method):
    response = getattr(client, method)(url_of(agent, part))
    assert response["Location"].startswith("/login")


# Editing


def test_a_name_is_changed_and_recorded(dora_client, dora, agent):
    data = {**seen(agent), "name": "  Reception "}
    response = dora_client.post(url_of(agent, "/edit"), data)
    assert response["Location"] == url_of(agent)
    agent.refresh_from_db()
    assert (agent.name, agent.named_by_sequence) == ("Reception", None)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.by) == ("agent.renamed", dora)


def test_description_and_type_are_changed(dora_client, agent):
    data = {**seen(agent), "description": "Two\r\nlines", "type": "human"}
    dora_client.post(url_of(agent, "/edit"), data)
    agent.refresh_from_db()
    assert (agent.description, agent.type) == ("Two\nlines", "human")
    assert (agent.name, agent.named_by_sequence) == ("Front desk", 3)


def test_what_a_call_wrote_meanwhile_stays(dora_client, make_agent):
    agent = make_agent()
    data = {**seen(agent), "description": "New"}
    Agent.objects.update(name="Named by a call", named_by_sequence=9)
    dora_client.post(url_of(agent, "/edit"), data)
    agent.refresh_from_db()
    assert (agent.name, agent.description) == ("Named by a call", "New")
    assert agent.named_by_sequence == 9


def test_the_form_shows_what_is_there(dora_client, agent):
    content = dora_client.get(url_of(agent, "/edit")).content.decode()
    assert 'value="Front desk"' in content
    assert 'name="initial-name"' in content


@pytest.mark.parametrize(
    "change",
    [{"name": "x" * 256}, {"name": "a\tb"}, {"type": "robot"}, {"description": "\x00"}],
)
def test_what_does_not_fit_is_said(dora_client, agent, change):
    response = dora_client.post(url_of(agent, "/edit"), {**seen(agent), **change})
    assert response.status_code == 200
    assert b"invalid-feedback" in response.content
    assert actions_recorded() == []


# Retiring


def test_it_is_retired_and_brought_back(dora_client, agent):
    response = dora_client.post(url_of(agent, "/retire"), follow=True)
    assert "Retired." in response.content.decode()
    agent.refresh_from_db()
    assert agent.retired_at
    dora_client.post(url_of(agent, "/bring-back"))
    agent.refresh_from_db()
    assert agent.retired_at is None
    assert actions_recorded() == ["agent.retired", "agent.restored"]


# Merging


@pytest.fixture
def typo(make_agent):
    return make_agent(external_id="frontdesk")


def test_likely_agents_come_first(dora_client, agent, typo, make_agent):
    for number in range(3):
        make_agent(name=f"Other {number}", external_id=f"billing-{number}")
    content = dora_client.get(url_of(typo, "/merge")).content.decode()
    choices = re.findall(r'<option value="([^"]+)"', content)
    assert len(choices) == 4
    assert choices[0] == str(agent.id)


def test_alone_it_cannot_be_merged(dora_client, agent):
    content = dora_client.get(url_of(agent, "/merge")).content.decode()
    assert "There is no other agent." in content


def test_it_says_what_will_happen_before_it_does(
    dora_client, agent, typo, make_conversation
):
    for _ in range(3):
        make_conversation(agent=typo)
    response = dora_client.get(url_of(typo, f"/merge?into={agent.id}"))
    content = response.content.decode()
    assert "3 conversations move to" in content
    assert f"{url_of(agent, '/merge')}?into={typo.id}" in content
    typo.refresh_from_db()
    assert typo.merged_into is None


@pytest.mark.django_db(transaction=True)
def test_it_is_merged(dora_client, agent, typo, make_conversation):
    conversation = make_conversation(agent=typo)
    response = dora_client.post(url_of(typo, "/merge"), {"into": str(agent.id)})
    assert response["Location"] == url_of(agent)
    conversation.refresh_from_db()
    assert conversation.agent == agent
    assert actions_recorded() == ["agent.merged"]
    content = dora_client.get(url_of(agent)).content.decode()
    assert "Merged frontdesk into Front desk." in content


def test_many_conversations_are_not_counted_to_the_end(
    dora_client, agent, typo, make_conversation, monkeypatch
):
    monkeypatch.setattr("conversations.agents.edit_views.MAX_COUNTED", 2)
    for _ in range(3):
        make_conversation(agent=typo)
    response = dora_client.get(url_of(typo, f"/merge?into={agent.id}"))
    assert "Over 2 conversations move" in response.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_agents_of_the_organization_can_be_chosen(
    dora_client, agent, typo, make_agent, other_organization, method
):
    theirs = make_agent(organization=other_organization)
    alias = make_agent(merged_into=agent)
    for one in (theirs.id, alias.id, typo.id, "front-desk", ""):
        response = getattr(dora_client, method)(
            url_of(typo, "/merge"), {"into": str(one)}
        )
        assert response.status_code == 200
        assert b'name="into"' in response.content
    typo.refresh_from_db()
    assert typo.merged_into is None


@pytest.mark.django_db(transaction=True)
def test_one_that_was_merged_away_meanwhile_is_said(
    dora_client, agent, typo, monkeypatch
):
    monkeypatch.setattr(
        "conversations.agents.forms.MergeForm.chosen",
        lambda form: Agent.objects.get(pk=typo.pk),
    )
    response = dora_client.post(
        url_of(typo, "/merge"), {"into": str(agent.id)}, follow=True
    )
    assert "Nothing was merged" in response.content.decode()


# Separating


@pytest.mark.django_db(transaction=True)
def test_a_merge_is_taken_apart(dora_client, agent, typo):
    Agent.objects.filter(pk=typo.pk).update(merged_into=agent)
    page = dora_client.get(url_of(typo, "/separate")).content.decode()
    assert "manage.py rebuild" in page
    response = dora_client.post(url_of(typo, "/separate"))
    assert response["Location"] == url_of(typo)
    typo.refresh_from_db()
    assert typo.merged_into is None
    assert actions_recorded() == ["agent.separated"]


def test_what_is_not_merged_cannot_be_separated(dora_client, agent):
    assert dora_client.get(url_of(agent, "/separate")).status_code == 404


def test_names_are_escaped(dora_client, make_agent):
    agent = make_agent(name=NASTY, external_id=NASTY, description=NASTY)
    other = make_agent(name=f"{NASTY}2", external_id=f"{NASTY}2")
    alias = make_agent(external_id=f"{NASTY}3", merged_into=agent)
    for address in (
        url_of(agent, "/edit"),
        url_of(agent, "/merge"),
        url_of(agent, f"/merge?into={other.id}"),
        url_of(alias, "/separate"),
    ):
        assert NASTY not in dora_client.get(address).content.decode()
