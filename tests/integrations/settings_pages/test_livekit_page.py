"""`/org/<slug>/settings/integrations/livekit`."""

import ast
import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions
from conversations.models import Agent
from integrations.models import Delivery, MinuteTally
from integrations.worker_package.wheel import current_wheel
from tests.integrations.conftest import session

URL = "/org/acme/settings/integrations/livekit"
LIVEKIT = {"X-Zelto-Provider": "livekit"}
MISFIT = session("call-bad", transcript={"turns": [{"role": "<script>alert(1)"}]})


def page_of(client):
    response = client.get(URL)
    assert response.status_code == 200
    return response.content.decode()


def text_of(content, part):
    """What an element with this id says, without its markup."""
    found = re.search(rf'id="{part}"(.*?)(?=id="(?!row-)|</main>)', content, re.DOTALL)
    assert found, part
    words = re.sub(r"<[^>]*>", " ", "<" + found[1])
    return html.unescape(re.sub(r"\s+", " ", words))


def code_of(content, part):
    found = re.search(rf'<code id="{part}">(.*?)</code>', content, re.DOTALL)
    assert found, part
    return html.unescape(found[1])


def test_a_newcomer_is_told_to_create_a_key(alice_client):
    content = page_of(alice_client)
    state = text_of(content, "connection-state")
    assert "Not connected" in state
    assert "Create an API key to begin" in state
    assert "No key can post yet" in text_of(content, "verify-steps")


def test_a_key_makes_it_wait(alice_client, organization, make_key):
    make_key(organization)
    content = page_of(alice_client)
    assert "Waiting for the first session" in text_of(content, "connection-state")
    assert "A key can post" in text_of(content, "verify-steps")


def test_a_stored_session_is_on_its_way(alice_client, post):
    post(session(), **LIVEKIT)
    content = page_of(alice_client)
    assert "It is stored" in text_of(content, "connection-state")
    assert "Stored, being processed" in text_of(content, "verify-steps")


def test_a_worker_that_stands_still_is_named(alice_client, post):
    post(session(), **LIVEKIT)
    Delivery.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    assert "nothing processes them" in page_of(alice_client)


def test_the_first_session_turns_it_active(alice_client, post, process):
    post(session(agent={"externalId": "front-desk", "name": "Front desk"}), **LIVEKIT)
    process()
    content = page_of(alice_client)
    state = text_of(content, "connection-state")
    assert "Active" in state
    assert "Last session just now" in state
    assert "Front desk" in state
    assert "1 today" in state
    assert "Seen" in text_of(content, "verify-steps")


def test_the_last_step_leads_to_the_first_conversation(alice_client, post, process):
    for number in range(3):
        post(session(f"call-{number}"), **LIVEKIT)
        process()
    first = Delivery.objects.earliest("sequence").conversation_id
    steps = (
        page_of(alice_client).partition('id="verify-steps"')[2].partition("</ol>")[0]
    )
    assert f"/org/acme/conversations/{first}" in steps


def test_a_refusal_shows_its_reason_and_what_to_do(alice_client, post, process):
    post(session(), **LIVEKIT)
    process()
    post(MISFIT, **LIVEKIT)
    content = page_of(alice_client)
    state = text_of(content, "connection-state")
    assert "Active" in state
    assert "1 refused since the last session" in state
    assert "422 transcript.turns[0].role must be one of" in state
    assert "Correct that field in the worker's code." in state
    refused = Delivery.objects.get(status=422)
    assert f'<a href="/org/acme/deliveries/{refused.uuid}">see it</a>' in content
    assert "It posts" in text_of(content, "verify-steps")


def test_a_refusal_before_any_session_shows_in_the_steps(alice_client, post):
    post(MISFIT, **LIVEKIT)
    content = page_of(alice_client)
    assert "since the last session" not in text_of(content, "connection-state")
    assert "It posts, but is refused" in text_of(content, "verify-steps")


def test_a_reason_is_escaped(alice_client, post):
    post(MISFIT, **LIVEKIT)
    content = page_of(alice_client)
    assert "&lt;script&gt;alert(1)" in content
    assert "<script>alert(1)" not in content


def test_the_name_of_an_agent_is_escaped(alice_client, post, process):
    post(session(agent={"externalId": "a", "name": "<b>bold</b>"}), **LIVEKIT)
    process()
    content = page_of(alice_client)
    assert "&lt;b&gt;bold" in content
    assert "<b>bold" not in content


def test_it_says_when_no_key_can_post_any_more(
    alice_client, alice, organization, post, process
):
    post(session(), **LIVEKIT)
    process()
    actions.revoke_key(key=organization.api_keys.get(), by=alice)
    content = page_of(alice_client)
    assert "No key can post any more." in text_of(content, "connection-state")


def test_posts_with_unknown_keys_are_told_while_it_waits(alice_client, post, process):
    hint = "posts without a key that it knows"
    MinuteTally.objects.create(scope="stranger", minute=timezone.now(), count=2)
    assert hint in text_of(page_of(alice_client), "verify-steps")
    post(session(), **LIVEKIT)
    process()
    assert hint not in page_of(alice_client)


def test_unknown_keys_of_an_hour_ago_are_history(alice_client):
    an_hour_ago = timezone.now() - timedelta(hours=1)
    MinuteTally.objects.create(scope="stranger", minute=an_hour_ago, count=2)
    assert "that it knows" not in page_of(alice_client)


def test_it_hands_out_the_workers_code_with_this_address(alice_client, settings):
    settings.BASE_URL = "https://zelto.example.com"
    content = page_of(alice_client)
    for part in ("worker-code", "short-worker-code"):
        code = code_of(content, part)
        assert 'ZELTO_URL = "https://zelto.example.com/webhooks/calls"' in code
        ast.parse(code)
    assert 'ZELTO_URL = "https://zelto.example.com' in code_of(
        content, "node-worker-code"
    )
    assert "on_session_end=forward_to_zelto" in code_of(content, "worker-hook")
    assert code_of(content, "worker-key").startswith("export ZELTO_API_KEY=")


def test_only_an_instance_on_one_machine_says_so(alice_client, settings):
    assert "ZELTO_BASE_URL" in page_of(alice_client)
    settings.IS_LOCAL = False
    assert "ZELTO_BASE_URL" not in page_of(alice_client)


def test_the_latest_deliveries_are_listed(alice_client, post, process):
    post(session("old"), **LIVEKIT)
    for number in range(9):
        post(session(f"call-{number}"), **LIVEKIT)
    post({**session("odd"), "extra": 1}, **LIVEKIT)
    post(session("not-livekit"))
    process()
    table = page_of(alice_client).partition('id="latest-deliveries"')[2]
    assert table.count("Processed") == 10
    assert "livekit-prod-worker" in table
    assert "1 warning" in table
    assert "not-livekit" not in table
    assert ">old<" not in table


def test_folded_refusals_say_how_many_they_were(
    alice_client, organization, make_key, post
):
    text = make_key(organization, scope="read", name="reader")[1]
    for _ in range(4):
        post(session(), key=text, **LIVEKIT)
    table = text_of(page_of(alice_client), "latest-deliveries")
    assert "403" in table
    assert "4 times" in table
    assert "reader" in table


def test_another_organizations_deliveries_are_not_here(
    alice_client, other_organization, make_key, post
):
    post(session("theirs"), key=make_key(other_organization)[1], **LIVEKIT)
    content = page_of(alice_client)
    assert "theirs" not in content
    assert "Nothing yet" in text_of(content, "verify-steps")


def test_a_member_sees_neither_keys_nor_deliveries(
    bob_client, organization, make_key, post, process
):
    make_key(organization, name="secret-name")
    post(session("call-seen"), **LIVEKIT)
    process()
    content = page_of(bob_client)
    assert "Active" in text_of(content, "connection-state")
    assert "ZELTO_URL" in code_of(content, "worker-code")
    for secret in ("secret-name", "livekit-prod-worker", "zelto_", "call-seen"):
        assert secret not in re.sub("zelto_(forward|livekit)", "", content)
    for part in ('id="keys"', 'id="latest-deliveries"', "test-session"):
        assert part not in content
    # Not even read, so that no template can show them by mistake.
    context = bob_client.get(URL).context
    assert not {"keys", "key_form", "deliveries", "test"} & set(context.keys())


def test_an_admin_sees_the_keys(dora_client, organization, make_key):
    make_key(organization, name="livekit-prod-worker")
    assert "livekit-prod-worker" in page_of(dora_client)


def test_the_side_bar_leads_here(bob_client):
    content = page_of(bob_client)
    link = (
        'class="z-nav-link" href="/org/acme/settings/integrations" aria-current="true"'
    )
    assert re.search(rf"{link}>.*?<span>Integrations</span>", content)


def test_it_takes_a_fixed_number_of_queries(
    alice_client, organization, make_key, post, process, django_assert_num_queries
):
    alice_client.get(URL)
    with django_assert_num_queries(17):
        alice_client.get(URL)
    for number in range(5):
        make_key(organization, name=f"key-{number}")
        post(session(f"call-{number}"), **LIVEKIT)
        process()
        post(MISFIT, **LIVEKIT)
    # Three more: the first conversation, the deliveries that were found, and where in
    # the log the refusals since the last session begin. What uploads brought instead of
    # a session is asked no more, which is two less.
    with django_assert_num_queries(18):
        alice_client.get(URL)


def test_nothing_on_it_needs_a_script_in_the_page(alice_client, post):
    post(session(), **LIVEKIT)
    response = alice_client.get(URL)
    content = response.content.decode()
    assert "<style" not in content
    assert " style=" not in content
    assert not re.search(r"<script(?![^>]*src=)", content)
    assert not re.search(r"\son\w+=\"", content)
    assert "unsafe" not in response["Content-Security-Policy"]


@pytest.mark.parametrize("path", [URL, f"{URL}/status"])
def test_it_refuses_an_outsider(charlie_client, organization, path):
    assert charlie_client.get(path).status_code == 404


@pytest.mark.parametrize("path", [URL, f"{URL}/status"])
def test_signed_out_leads_to_the_login(client, organization, path):
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/login")


@pytest.mark.parametrize("path", [URL, f"{URL}/status"])
def test_it_is_only_read(alice_client, path):
    assert alice_client.post(path).status_code == 405


def test_an_agent_that_is_gone_breaks_nothing(alice_client, post, process):
    post(session(), **LIVEKIT)
    process()
    Agent.objects.get().conversations.all().delete()
    assert "no longer kept" in page_of(alice_client)


def test_the_package_is_there_with_its_hash_and_ready_lines(alice_client):
    content = page_of(alice_client)
    wheel = current_wheel()
    line = code_of(content, "package-install")
    assert line == f'pip install "{wheel.url}#sha256={wheel.sha256}"'
    assert f'SHA-256 <span class="z-mono">{wheel.sha256}' in content
    ast.parse(code_of(content, "package-hook"))
    assert "on_session_end=forward)" in code_of(content, "package-hook")
    assert "ZELTO_URL=http://localhost:8000" in code_of(content, "package-environment")
    assert code_of(content, "package-doctor").startswith("zelto-livekit doctor")
    # The way without a package is still there.
    assert "def forward_to_zelto" in code_of(content, "worker-code")


def test_a_key_that_was_just_made_is_in_the_lines_of_the_package(alice_client):
    form = page_of(alice_client)
    token = re.search(r'name="form_token" value="([^"]+)"', form)
    assert token
    fields = {"name": "worker", "scope": "ingest", "form_token": token[1]}
    content = alice_client.post(f"{URL}/keys", fields).content.decode()
    assert "ZELTO_API_KEY=zelto_" in code_of(content, "package-environment")
