"""The help: one source for pages and for programs, true to the code."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import Resolver404, resolve

from accounts.models import Membership
from integrations.connections.status_advice import answers
from integrations.help.html import help_html
from integrations.help.pages import PATHS, help_page, help_pages
from integrations.snippets.body_fields import body_fields

FOLDER = Path(settings.BASE_DIR, "docs", "help")


def content_of(client, path):
    response = client.get(f"/help/{path}" if path else "/help")
    assert response.status_code == 200
    return response.content.decode()


def test_it_lists_every_file(bob_client, organization):
    content = content_of(bob_client, "")
    assert {file.stem for file in FOLDER.glob("*.md")} == set(PATHS)
    for page in help_pages():
        assert f'href="/help/{page.path}"' in content
        assert page.title in content


@pytest.mark.parametrize("path", PATHS)
def test_each_page_is_whole(bob_client, organization, path):
    content = content_of(bob_client, path)
    page = help_page(path)
    assert page is not None
    assert f"<title>{page.title} · Acme · Zelto</title>" in content
    article = content[content.index("<article") : content.index("</article>")]
    # No markup and no marker is left over, and no example address.
    for left_over in ("[[", "]]", "](", "**", "zelto.example.com", "| ---"):
        assert left_over not in article
    assert content.count("<h1>") == 1


@pytest.mark.parametrize("path", PATHS)
def test_each_link_leads_to_a_page(bob_client, organization, path):
    content = content_of(bob_client, path)
    article = content[content.index("<article") : content.index("</article>")]
    links = re.findall(r'<a href="([^"]+)"', article)
    for link in links:
        link = link.removeprefix(settings.BASE_URL)
        if link.startswith("https://"):
            assert link == "https://www.rfc-editor.org/rfc/rfc9457"
            continue
        target = link if link.startswith("/") else f"/help/{link}"
        try:
            resolve(target)
        except Resolver404:
            pytest.fail(f"{path} links {link}, where there is nothing")
        assert help_page(link) or "/" in link, link


@pytest.mark.parametrize("path", PATHS)
def test_each_section_can_be_linked(bob_client, organization, path):
    content = content_of(bob_client, path)
    anchors = re.findall(r'<li><a href="#([^"]+)">', content)
    assert len(anchors) == len(set(anchors)) >= 2
    for anchor in anchors:
        assert f'<h2 id="{anchor}">' in content


def test_the_body_has_every_field_of_the_model(bob_client, organization):
    content = content_of(bob_client, "call-body")
    for field in body_fields():
        assert f"<code>{field.path}</code>" in content


def test_every_answer_of_the_webhook_is_explained(bob_client, organization):
    content = content_of(bob_client, "statuses")
    for answer in answers():
        assert f"<td>{answer.status}</td>" in content


def test_the_worker_code_is_the_one_of_the_livekit_page(bob_client, organization):
    content = content_of(bob_client, "connect-livekit")
    assert f"{settings.BASE_URL}/webhooks/calls" in content
    assert "async def forward_to_zelto" in content


def test_links_lead_to_the_readers_own_organization(charlie_client, charlie):
    content = content_of(charlie_client, "missing-call")
    assert f'href="{settings.BASE_URL}/org/globex/deliveries"' in content
    assert "/org/acme" not in content


def test_whoever_is_in_no_organization_reads_it_too(bob_client, bob):
    Membership.objects.all().delete()
    content = content_of(bob_client, "missing-call")
    assert "/org/" not in content


def test_programs_get_the_same_text_as_markdown():
    page = help_page("statuses.md")
    assert page is help_page("statuses")
    assert page is not None
    text = page.markdown("acme")
    assert text.startswith("# Answers and states\n")
    assert "| 422 |" in text
    assert "[[" not in text


def test_what_a_file_might_hold_of_html_is_text():
    html = help_html(
        "# Title\n\n<script>alert(1)</script> `<b>`\n\n```sh\n</pre><b>\n```"
    )
    assert "<script>" not in html.html
    assert "<b>" not in html.html


@pytest.mark.parametrize(
    "path", ["nothing", "../architecture", "..%2Farchitecture", "x.md"]
)
def test_there_is_nothing_but_these_files(bob_client, organization, path):
    assert bob_client.get(f"/help/{path}").status_code == 404
    assert help_page(path) is None


@pytest.mark.parametrize("path", ["/help", "/help/statuses"])
def test_it_refuses_an_outsider(client, db, path):
    assert client.get(path)["Location"].startswith("/login")


def test_every_page_leads_to_it(bob_client, organization):
    content = bob_client.get("/org/acme/conversations").content.decode()
    assert 'href="/help"' in content
