"""What every page has around it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.shortcuts import render
from django.template.loader import render_to_string

from accounts.models import Membership, Role
from conversations.models import Agent

URL = "/org/acme/conversations"
ROOT = Path(settings.BASE_DIR)


def content_of(client, url=URL):
    return client.get(url).content.decode()


def test_it_says_where_one_is(bob_client, organization):
    content = content_of(bob_client, f"{URL}?reference=x")
    link = re.search(
        r'<a class="z-nav-link" href="([^"]+)" aria-current="page"', content
    )
    assert link and link[1] == URL
    assert content.count('aria-current="page"') == 1
    assert "<title>Conversations · Acme · Zelto</title>" in content


@pytest.fixture
def agent(organization):
    return Agent.objects.create(
        organization=organization, provider="livekit", external_id="front-desk"
    )


def test_a_page_below_marks_its_section(bob_client, agent):
    content = content_of(bob_client, f"/org/acme/agents/{agent.id}")
    assert 'href="/org/acme/agents" aria-current="true"' in content


def test_it_begins_with_a_way_past_the_links(bob_client):
    content = content_of(bob_client)
    assert content.index('href="#content"') < content.index("<nav")
    assert 'id="content"' in content


def test_logging_out_is_a_form(bob_client):
    content = content_of(bob_client)
    assert '<form method="post" action="/logout' in content
    assert "csrfmiddlewaretoken" in content


def test_someone_in_two_organizations_can_switch(bob_client, bob, other_organization):
    assert "/org/globex/" not in content_of(bob_client)
    Membership.objects.create(
        organization=other_organization, user=bob, role=Role.MEMBER
    )
    content = content_of(bob_client)
    assert 'href="/org/globex/"' in content


def test_nothing_on_a_page_needs_more_than_the_policy_allows(bob_client):
    response = bob_client.get(URL)
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    content = response.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", content)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", content)


def test_every_file_that_a_page_asks_for_is_here(bob_client):
    paths = set(re.findall(r'(?:src|href)="/static/([^"#]+)', content_of(bob_client)))
    assert {"css/zelto.css", "js/live.js", "icons.svg"} <= paths
    for path in paths:
        assert finders.find(path), path


def test_every_icon_that_is_used_is_drawn():
    drawn = set(
        re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text())
    )
    used = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{%\s*icon "([^"]+)"', template.read_text("utf-8"))
        + re.findall(r'\sicon="([^"]+)"', template.read_text("utf-8"))
        + re.findall(
            r'{%\s*nav_link "\S+" "[^"]+" "([^"]+)"', template.read_text("utf-8")
        )
    }
    assert used <= drawn


def test_a_message_is_escaped_and_has_its_colour():
    html = render_to_string("_messages.html", {"messages": [Message(40, "<b>no</b>")]})
    assert "&lt;b&gt;no&lt;/b&gt;" in html
    assert "alert-danger" in html


def test_a_missing_page_of_the_organization_keeps_the_frame(bob_client, organization):
    missing = f"{URL}/00000000-0000-0000-0000-000000000000"
    response = bob_client.get(missing)
    content = response.content.decode()
    assert response.status_code == 404
    assert "Go to Conversations" in content
    assert "z-side" in content


def test_an_address_that_leads_nowhere_says_what_to_do(client, db):
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "Go to the start page" in response.content.decode()


def test_the_page_of_a_fault_asks_nothing_of_the_database(rf):
    # No fixture opens the database, so that asking it fails.
    content = render(rf.get("/"), "500.html").content.decode()
    assert "Something broke on our side" in content
