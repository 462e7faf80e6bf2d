"""`/org/<slug>/settings/integrations/<page>/keys/<id>`, and what it can do."""

import html
import re
import uuid
from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts import keys
from accounts.models import ApiKey, AuditAction, AuditEntry
from integrations.keys import usage
from integrations.models import Delivery
from tests.integrations.conftest import session

PAGES = ["livekit", "api"]
ACTIONS = {
    "rename": {"name": "new"},
    "expiry": {"expires_at": ""},
    "roll": {"overlap": "3600"},
    "revoke": {},
}


@pytest.fixture
def key(organization, make_key, dora):
    """The row; its text is `key.text`."""
    row, row.text = make_key(organization, scope="ingest", made_by=dora)
    return row


def url_of(key, part="", page="livekit"):
    return f"/org/acme/settings/integrations/{page}/keys/{key.id}{part}"


def words(response):
    assert response.status_code == 200
    text = re.sub(r"<[^>]*>", " ", response.content.decode().partition("<main")[2])
    return html.unescape(re.sub(r"\s+", " ", text))


def made_key(response):
    found = re.search(r'id="made-key">([^<]*)<', response.content.decode())
    return found and found[1]


def entry_of(action):
    return AuditEntry.objects.get(action=action)


@pytest.mark.parametrize("page", PAGES)
def test_it_shows_the_facts_and_never_the_key(dora_client, key, page):
    response = dora_client.get(url_of(key, page=page))
    text = words(response)
    assert "Active" in text
    assert key.masked in text
    assert "Ingest only" in text
    assert "Dora Example" in text
    assert "Nothing has come with it yet." in text
    assert key.text not in response.content.decode()


def test_the_list_leads_here(dora_client, key):
    content = dora_client.get("/org/acme/settings/integrations/livekit").content
    assert f'href="{url_of(key)}"'.encode() in content


def test_it_says_who_uses_it(dora_client, key, post):
    agent = {"User-Agent": "worker/1.2"}
    for number in range(2):
        post(session(f"call-{number}"), key=key.text, **agent)
    post(session("bad", transcript={"turns": 1}), key=key.text, **agent)
    post(session("other", agent={"externalId": "not-mine"}))
    text = words(dora_client.get(url_of(key)))
    assert "3 of the newest posts, 1 of them refused, the last just now" in text
    assert "Agents front-desk Sent by worker/1.2" in text
    assert "not-mine" not in text
    assert "It is in use: 3 of the newest posts" in text


def test_a_revoked_key_that_is_still_sent_says_so(dora_client, key, post):
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())
    for _ in range(3):
        post(session(), key=key.text, **{"User-Agent": "worker/1.2"})
    text = words(dora_client.get(url_of(key)))
    assert "Still sent, and refused 3 of the newest posts" in text
    assert "worker/1.2" in text
    assert "Rename" not in text


def test_a_key_of_long_ago_is_looked_up_around_its_last_use(
    dora_client, key, post, monkeypatch
):
    monkeypatch.setattr(usage, "LOOKED_AT", 3)
    post(session("old"), key=key.text, **{"User-Agent": "worker/0.1"})
    a_day_ago = timezone.now() - timedelta(days=1)
    Delivery.objects.update(received_at=a_day_ago)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=a_day_ago)
    for number in range(4):
        post(session(f"call-{number}"))
    text = words(dora_client.get(url_of(key)))
    assert "worker/0.1" in text
    assert "the last 1 d ago" in text


def test_what_senders_call_themselves_is_escaped(dora_client, key, post):
    body = session(agent={"externalId": "<b>agent"})
    post(body, key=key.text, **{"User-Agent": "<i>worker"})
    content = dora_client.get(url_of(key)).content.decode()
    assert "&lt;b&gt;agent" in content
    assert "<b>agent" not in content
    assert "<i>worker" not in content


def test_it_is_renamed(dora_client, dora, key):
    response = dora_client.post(url_of(key, "/rename"), {"name": " staging "})
    assert response["Location"] == url_of(key)
    key.refresh_from_db()
    assert key.name == "staging"
    entry = entry_of(AuditAction.KEY_RENAMED)
    assert (entry.by, entry.subject) == (dora, "staging")


def test_its_expiry_is_set_changed_and_taken_away(dora_client, key):
    day = timezone.now().date() + timedelta(days=10)
    for sent in (day, day + timedelta(days=1), None):
        form = {"expires_at": sent.isoformat() if sent else ""}
        assert dora_client.post(url_of(key, "/expiry"), form).status_code == 302
        key.refresh_from_db()
        if sent:
            end = datetime.combine(sent + timedelta(days=1), time.min, UTC)
            assert key.expires_at == end
            assert f'value="{sent}"' in dora_client.get(url_of(key)).content.decode()
    assert key.expires_at is None
    entries = AuditEntry.objects.filter(action=AuditAction.KEY_EXPIRY_CHANGED)
    assert [bool(entry.detail.get("until")) for entry in entries.order_by("id")] == [
        True,
        True,
        False,
    ]


def test_an_expired_key_may_be_given_more_time(dora_client, key, post):
    past = timezone.now() - timedelta(days=1)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=past)
    assert post(session(), key=key.text).status_code == 401
    assert "Roll key" not in words(dora_client.get(url_of(key)))
    dora_client.post(url_of(key, "/expiry"), {"expires_at": ""})
    assert post(session(), key=key.text).status_code == 200


def test_rolling_makes_a_key_while_the_old_one_goes_on(dora_client, dora, key, post):
    form = {"overlap": "86400", "form_token": str(uuid.uuid4())}
    response = dora_client.post(url_of(key, "/roll"), form)
    text = made_key(response)
    assert keys.is_well_formed(text)
    assert response["Cache-Control"] == "no-store"
    assert "The old key" in words(response)
    new = ApiKey.objects.exclude(pk=key.pk).get()
    assert (new.name, new.scope, new.made_by, new.expires_at) == (
        key.name,
        "ingest",
        dora,
        None,
    )
    key.refresh_from_db()
    tomorrow = timezone.now() + timedelta(days=1)
    assert abs(key.expires_at - tomorrow) < timedelta(minutes=1)
    assert post(session(), key=key.text).status_code == 200
    assert post(session(), key=text).status_code == 200
    entry = entry_of(AuditAction.KEY_ROLLED)
    assert (entry.by, entry.detail["id"]) == (dora, str(key.id))
    assert entry.detail["until"] == key.expires_at.isoformat()


def test_rolling_without_overlap_ends_the_old_key_at_once(dora_client, key, post):
    assert post(session(), key=key.text).status_code == 200
    dora_client.post(url_of(key, "/roll"), {"overlap": "0"})
    answer = post(session(), key=key.text)
    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]


def test_rolling_never_lengthens_the_old_key(dora_client, key):
    now = timezone.now()
    soon = now + timedelta(hours=1)
    ApiKey.objects.filter(pk=key.pk).update(
        created_at=now - timedelta(days=30), expires_at=soon
    )
    dora_client.post(url_of(key, "/roll"), {"overlap": "604800"})
    key.refresh_from_db()
    assert key.expires_at == soon
    # The new one lives as long as the old one was made for.
    new = ApiKey.objects.exclude(pk=key.pk).get()
    assert new.expires_at is not None
    assert abs(new.expires_at - now - timedelta(days=30, hours=1)) < timedelta(0, 60)


def test_a_roll_that_is_sent_twice_makes_one_key(dora_client, key):
    form = {"overlap": "3600", "form_token": str(uuid.uuid4())}
    dora_client.post(url_of(key, "/roll"), form)
    response = dora_client.post(url_of(key, "/roll"), form)
    assert made_key(response) is None
    assert "was shown already" in words(response)
    assert ApiKey.objects.count() == 2
    assert AuditEntry.objects.filter(action=AuditAction.KEY_ROLLED).count() == 1


@pytest.mark.parametrize("field", ["revoked_at", "expires_at"])
def test_a_key_that_is_over_is_not_rolled(dora_client, key, field):
    past = timezone.now() - timedelta(days=1)
    ApiKey.objects.filter(pk=key.pk).update(**{field: past})
    response = dora_client.post(url_of(key, "/roll"), {"overlap": "0"}, follow=True)
    assert "This key is over already, so nothing was changed." in words(response)
    assert ApiKey.objects.count() == 1


def test_a_revoked_key_stays_revoked_whatever_its_expiry(dora_client, key, post):
    dora_client.post(url_of(key, "/revoke"))
    response = dora_client.post(
        url_of(key, "/expiry"), {"expires_at": "2099-01-01"}, follow=True
    )
    assert "nothing was changed" in words(response)
    key.refresh_from_db()
    assert key.expires_at is None
    assert post(session(), key=key.text).status_code == 401


@pytest.mark.parametrize(
    ("action", "form"),
    [
        ("rename", {"name": ""}),
        ("rename", {"name": "a\nb"}),
        ("expiry", {"expires_at": "2020-01-01"}),
        ("expiry", {"expires_at": "9999-12-31"}),
        ("roll", {"overlap": "12"}),
    ],
)
def test_a_form_that_does_not_fit_says_why(dora_client, key, action, form):
    response = dora_client.post(url_of(key, f"/{action}"), form)
    assert b"invalid-feedback" in response.content
    assert ApiKey.objects.get().name == key.name
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("action", ["rename", "expiry", "roll"])
def test_the_address_of_an_answer_leads_back(dora_client, key, action):
    response = dora_client.get(url_of(key, f"/{action}"))
    assert response["Location"] == url_of(key)


def test_more_posts_take_no_more_queries_and_no_bodies(
    dora_client, key, post, django_assert_num_queries
):
    post(session(), key=key.text)
    dora_client.get(url_of(key))
    with django_assert_num_queries(7):
        dora_client.get(url_of(key))
    for number in range(10):
        post(session(f"call-{number}"), key=key.text)
    with django_assert_num_queries(7) as many:
        dora_client.get(url_of(key))
    assert not any('"body"' in query["sql"] for query in many.captured_queries)


@pytest.mark.parametrize("action", ["", *ACTIONS])
def test_it_is_for_admins_of_the_organization(
    client, bob_client, charlie_client, key, action
):
    url = url_of(key, f"/{action}" if action else "")
    form = ACTIONS.get(action)
    for somebody, status in ((bob_client, 403), (charlie_client, 404), (client, 302)):
        send = somebody.get if form is None else somebody.post
        response = send(url, form)
        assert response.status_code == status
    assert response["Location"].startswith("/login")
    theirs = url.replace("acme", "globex")
    send = charlie_client.get if form is None else charlie_client.post
    assert send(theirs, form).status_code == 404
    key.refresh_from_db()
    assert (key.name, key.expires_at, key.revoked_at) == (
        "livekit-prod-worker",
        None,
        None,
    )
    assert ApiKey.objects.count() == 1
