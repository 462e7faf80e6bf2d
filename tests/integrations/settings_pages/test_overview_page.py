"""`/org/<slug>/settings/integrations`."""

import pytest

from tests.integrations.conftest import session

URL = "/org/acme/settings/integrations"
LIVEKIT = {"X-Zelto-Provider": "livekit"}


def cards(client):
    response = client.get(URL)
    assert response.status_code == 200
    livekit, _, api = (
        response.content.decode()
        .partition('aria-label="LiveKit"')[2]
        .partition('aria-label="API call upload"')
    )
    return {"livekit": livekit, "api": api.partition("</main>")[0]}


def test_each_integration_is_a_card_that_leads_to_its_page(bob_client):
    shown = cards(bob_client)
    assert f'href="{URL}/livekit"' in shown["livekit"]
    assert f'href="{URL}/api"' in shown["api"]


def test_nothing_is_connected_at_first(bob_client):
    assert all("Not connected" in card for card in cards(bob_client).values())


def test_a_key_makes_both_wait(bob_client, organization, make_key):
    make_key(organization)
    shown = cards(bob_client)
    assert "Waiting for the first session" in shown["livekit"]
    assert "Waiting for the first call" in shown["api"]


@pytest.mark.parametrize(
    ("provider", "active", "other"),
    [("livekit", "livekit", "api"), ("zelto", "api", "livekit")],
)
def test_a_session_turns_its_own_card_active(
    bob_client, post, process, provider, active, other
):
    post(session(), **{"X-Zelto-Provider": provider})
    process()
    shown = cards(bob_client)
    assert "Active" in shown[active]
    assert "1 today" in shown[active]
    assert "Active" not in shown[other]


def test_a_refusal_shows_on_its_card_escaped(bob_client, post):
    post(session(transcript={"turns": [{"role": "<script>"}]}), **LIVEKIT)
    shown = cards(bob_client)
    assert "Refused" in shown["livekit"]
    assert "&lt;script&gt;" in shown["livekit"]
    assert "<script>" not in shown["livekit"]
    assert "Refused" not in shown["api"]


def test_it_takes_a_fixed_number_of_queries(
    bob_client, post, process, django_assert_num_queries
):
    bob_client.get(URL)
    with django_assert_num_queries(17):
        bob_client.get(URL)
    for number in range(3):
        post(session(f"call-{number}"), **LIVEKIT)
        post(session(f"call-{number}"))
        process()
    # And of both where in the log the time since the last session begins.
    with django_assert_num_queries(19):
        bob_client.get(URL)


def test_it_refuses_an_outsider(charlie_client, organization):
    assert charlie_client.get(URL).status_code == 404


def test_signed_out_leads_to_the_login(client, organization):
    assert client.get(URL)["Location"].startswith("/login")


def test_it_is_only_read(alice_client):
    assert alice_client.post(URL).status_code == 405
