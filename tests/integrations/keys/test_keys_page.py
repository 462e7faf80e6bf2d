"""Making and revoking keys on the pages of LiveKit and of the call upload."""

import re
import uuid
from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey
from tests.integrations.conftest import session

PAGES = {page: f"/org/acme/settings/integrations/{page}" for page in ("livekit", "api")}
URL = f"{PAGES['livekit']}/keys"


def form(**fields):
    return {
        "name": "livekit-prod-worker",
        "scope": "ingest",
        "expires_at": "",
        "form_token": str(uuid.uuid4()),
        **fields,
    }


def made_key(response):
    found = re.search(r'id="made-key">([^<]*)<', response.content.decode())
    return found and found[1]


def token_in(response):
    tokens = re.findall(r'name="form_token" value="([^"]+)"', response.content.decode())
    assert len(set(tokens)) == len(tokens) >= 1
    return tokens[0]


@pytest.mark.parametrize("page", PAGES)
def test_the_answer_shows_the_key_once(dora_client, dora, page):
    response = dora_client.post(f"{PAGES[page]}/keys", form())
    text = made_key(response)
    key = ApiKey.objects.get()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert keys.is_well_formed(text)
    assert bytes(key.digest) == keys.digest(text)
    assert (key.name, key.scope, key.made_by) == (
        "livekit-prod-worker",
        "ingest",
        dora,
    )
    assert f"export ZELTO_API_KEY={text}" in response.content.decode()
    assert text not in dora_client.get(PAGES[page]).content.decode()


def test_the_key_opens_the_webhook(dora_client, post):
    text = made_key(dora_client.post(URL, form()))
    assert post(session(), key=text).status_code == 200


def test_a_refresh_makes_no_second_key(dora_client):
    fields = form()
    text = made_key(dora_client.post(URL, fields))
    response = dora_client.post(URL, fields)
    assert ApiKey.objects.count() == 1
    assert made_key(response) is None
    assert response["Cache-Control"] == "no-store"
    assert "was shown already" in response.content.decode()
    assert text not in response.content.decode()


def test_the_next_form_makes_another_key(dora_client):
    response = dora_client.post(URL, form())
    dora_client.post(URL, form(form_token=token_in(response)))
    assert ApiKey.objects.count() == 2


def test_a_key_may_expire(dora_client):
    day = timezone.now().date() + timedelta(days=10)
    dora_client.post(URL, form(expires_at=day.isoformat()))
    [expires_at] = ApiKey.objects.values_list("expires_at", flat=True)
    assert expires_at == datetime.combine(day + timedelta(days=1), time.min, UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": " "},
        {"scope": "all"},
        {"expires_at": "2020-01-01"},
        {"expires_at": "soon"},
    ],
)
@pytest.mark.parametrize("page", PAGES)
def test_a_form_that_does_not_fit_says_why_and_makes_nothing(
    dora_client, organization, make_key, page, fields
):
    make_key(organization, name="there-already")
    response = dora_client.post(f"{PAGES[page]}/keys", form(**fields))
    content = response.content.decode()
    assert ApiKey.objects.count() == 1
    assert "invalid-feedback" in content
    assert '<details class="z-create" open>' in content


def test_the_address_of_the_answer_leads_back_to_the_page(dora_client):
    response = dora_client.get(URL)
    assert response.status_code == 302
    assert response["Location"] == PAGES["livekit"]


@pytest.mark.parametrize("page", PAGES)
def test_each_key_is_listed_without_its_text(
    dora_client, organization, make_key, dora, page
):
    key, text = make_key(
        organization, name="<b>mine</b>", made_by=dora, last_used_at=timezone.now()
    )
    content = dora_client.get(PAGES[page]).content.decode()
    assert "&lt;b&gt;mine&lt;/b&gt;" in content
    assert "<b>mine" not in content
    assert f"{text[:10]}…{text[-4:]}" in content
    assert text not in content
    assert "Dora Example" in content
    assert "Full access" in content
    assert f'action="{PAGES[page]}/keys/{key.id}/revoke"' in content


def test_keys_that_open_nothing_say_so(dora_client, organization, make_key):
    make_key(organization, revoked_at=timezone.now())
    make_key(organization, expires_at=timezone.now() - timedelta(days=1))
    table = dora_client.get(PAGES["livekit"]).content.decode()
    assert "Revoked" in table
    assert "Expired" in table
    assert table.count("popovertarget=") == 2  # of the expired one: open and keep


def test_another_organizations_keys_are_not_listed(
    dora_client, other_organization, make_key
):
    make_key(other_organization, name="theirs")
    assert b"theirs" not in dora_client.get(PAGES["livekit"]).content


def test_many_keys_take_no_more_queries(
    dora_client, organization, make_key, dora, django_assert_num_queries
):
    make_key(organization)
    dora_client.get(PAGES["livekit"])
    with django_assert_num_queries(17):
        dora_client.get(PAGES["livekit"])
    for number in range(10):
        make_key(organization, name=f"key-{number}", made_by=dora, revoked_by=dora)
    with django_assert_num_queries(17):
        dora_client.get(PAGES["livekit"])


@pytest.mark.parametrize("page", PAGES)
def test_revoking_binds_the_next_post(
    dora_client, dora, organization, make_key, post, page
):
    key, text = make_key(organization, name="<i>old</i>")
    assert post(session(), key=text).status_code == 200
    response = dora_client.post(f"{PAGES[page]}/keys/{key.id}/revoke", follow=True)
    key.refresh_from_db()
    assert key.revoked_by == dora
    assert response.redirect_chain == [(PAGES[page], 302)]
    assert "&lt;i&gt;old&lt;/i&gt; is revoked." in response.content.decode()
    assert post(session(), key=text).status_code == 401


def test_who_revoked_first_stays(
    dora_client, alice_client, organization, make_key, dora
):
    key = make_key(organization)[0]
    dora_client.post(f"{URL}/{key.id}/revoke")
    alice_client.post(f"{URL}/{key.id}/revoke")
    key.refresh_from_db()
    assert key.revoked_by == dora


def test_another_organizations_key_cannot_be_revoked(
    dora_client, other_organization, make_key
):
    key = make_key(other_organization)[0]
    assert dora_client.post(f"{URL}/{key.id}/revoke").status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_revoking_asks_for_a_post(dora_client, organization, make_key):
    key = make_key(organization)[0]
    assert dora_client.get(f"{URL}/{key.id}/revoke").status_code == 405


def test_it_refuses_a_member(bob_client, organization, make_key):
    key = make_key(organization)[0]
    assert bob_client.post(URL, form()).status_code == 403
    assert bob_client.get(URL).status_code == 403
    assert bob_client.post(f"{URL}/{key.id}/revoke").status_code == 403
    key.refresh_from_db()
    assert key.revoked_at is None
    assert ApiKey.objects.count() == 1


def test_it_refuses_an_outsider(charlie_client, organization, make_key):
    key = make_key(organization)[0]
    assert charlie_client.post(URL, form()).status_code == 404
    assert charlie_client.post(f"{URL}/{key.id}/revoke").status_code == 404
    theirs = f"{URL}/{key.id}/revoke".replace("acme", "globex")
    assert charlie_client.post(theirs).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_signed_out_leads_to_the_login(client, organization, make_key):
    key = make_key(organization)[0]
    for path in (URL, f"{URL}/{key.id}/revoke"):
        assert client.post(path, form())["Location"].startswith("/login")
    assert ApiKey.objects.get().revoked_at is None


def test_the_form_hides_a_token_of_its_own(dora_client):
    first, second = (dora_client.get(PAGES["livekit"]) for _ in range(2))
    assert token_in(first) != token_in(second)
