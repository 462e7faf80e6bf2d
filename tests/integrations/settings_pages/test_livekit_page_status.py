"""`/org/<slug>/settings/integrations/livekit/status`: what turns by itself."""

import re

from tests.integrations.conftest import session

URL = "/org/acme/settings/integrations/livekit/status"
LIVEKIT = {"X-Zelto-Provider": "livekit"}


def parts_of(client):
    response = client.get(URL)
    assert response.status_code == 200
    return re.findall(r'id="([\w-]+)" data-part', response.content.decode())


def test_it_is_the_parts_alone(alice_client):
    response = alice_client.get(URL)
    assert b"<html" not in response.content
    assert "no-store" in response["Cache-Control"]


def test_an_admin_gets_all_parts(dora_client):
    assert parts_of(dora_client) == [
        "connection-state",
        "verify-steps",
        "test-session",
        "latest-deliveries",
    ]


def test_a_member_gets_neither_deliveries_nor_test_sessions(bob_client):
    assert parts_of(bob_client) == ["connection-state", "verify-steps"]


def test_each_part_is_on_the_page_itself(alice_client):
    page = alice_client.get(URL.removesuffix("/status")).content.decode()
    for part in parts_of(alice_client):
        assert page.count(f'id="{part}" data-part') == 1
    assert f'data-refresh="{URL}"' in page
    assert "js/refresh.js" in page


def test_it_turns_with_the_first_session(alice_client, post, process):
    assert "Waiting for the first session" in alice_client.get(URL).content.decode()
    post(session(), **LIVEKIT)
    process()
    assert "Active" in alice_client.get(URL).content.decode()


def test_it_takes_a_fixed_number_of_queries(
    alice_client, post, process, django_assert_num_queries
):
    for number in range(5):
        post(session(f"call-{number}"), **LIVEKIT)
        process()
    alice_client.get(URL)
    with django_assert_num_queries(16):
        alice_client.get(URL)
