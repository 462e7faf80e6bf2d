import re
from html import unescape

import pytest

from accounts import audit
from accounts.models import AuditAction, AuditEntry, Membership

URL = "/org/acme/settings/audit"
ID = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def note(organization, alice):
    def note(action=AuditAction.DATA_EXPORTED, subject="calls", by=alice, **fields):
        return audit.record(
            organization=organization, by=by, action=action, subject=subject, **fields
        )

    return note


def sentences(client, url=URL):
    content = client.get(url).content.decode()
    cells = re.findall(r'<td class="z-line-one">(.*?)</td>', content, re.DOTALL)
    return [" ".join(unescape(re.sub("<[^>]+>", "", cell)).split()) for cell in cells]


def test_it_tells_who_did_what_newest_first(dora_client, note, dora):
    note(subject="first")
    note(subject="second", by=dora)
    assert sentences(dora_client) == [
        "Dora Example exported second",
        "Alice Example exported first",
    ]


@pytest.mark.parametrize(
    ("action", "subject", "detail", "said"),
    [
        (
            "key.created",
            "worker",
            {"key": "zelto_4fQx…9aTz", "scope": "ingest"},
            "created the API key worker zelto_4fQx…9aTz for ingest only",
        ),
        ("key.created", "worker", {}, "created the API key worker"),
        (
            "key.renamed",
            "new",
            {"before": "old"},
            "renamed the API key old to new",
        ),
        (
            "key.rolled",
            "k",
            {"key": "zelto_a…b", "until": "2030-01-01T12:00:00+00:00"},
            "rolled the API key k zelto_a…b; "
            "the one before works until 1 Jan 2030, 12:00:00 UTC",
        ),
        (
            "key.expiry_changed",
            "k",
            {"until": "never"},
            "changed when the API key k expires, to never",
        ),
        ("member.invited", "e@x.org", {"role": "admin"}, "invited e@x.org as admin"),
        ("member.joined", "e@x.org", {"role": "owner"}, "joined as owner"),
        (
            "member.role_changed",
            "e@x.org",
            {"role": "owner", "role_before": "member"},
            "changed the role of e@x.org from member to owner",
        ),
        ("member.removed", "e@x.org", {}, "removed e@x.org"),
        ("member.removed", "alice@example.org", {}, "left the organization"),
        (
            "organization.changed",
            "Acme",
            {"changed": {"slug": ["a", "b"], "time_zone": ["UTC", "Asia/Tokyo"]}},
            "changed the address from a to b, the time zone from UTC to Asia/Tokyo",
        ),
        ("agent.renamed", "B", {"before": "A"}, "renamed the agent A to B"),
        ("agent.merged", "A", {"into": "B"}, "merged the agent A into B"),
        ("conversation.erased", "call-1", {}, "erased the conversation call-1"),
        ("data.exported", "12 calls", {"format": "CSV"}, "exported 12 calls as CSV"),
    ],
)
def test_it_says_each_action_in_words(
    alice_client, note, action, subject, detail, said
):
    note(action=action, subject=subject, detail=detail)
    assert sentences(alice_client) == [f"Alice Example {said}"]


@pytest.mark.parametrize("action", AuditAction.values)
def test_it_has_words_for_every_action(alice_client, note, action):
    note(action=action, subject="it")
    [said] = sentences(alice_client)
    assert action not in said
    assert "  " not in said


def test_it_links_what_was_done_to_where_there_is_a_page(alice_client, note):
    note(action="agent.renamed", subject="Desk", detail={"id": ID})
    content = alice_client.get(URL).content.decode()
    assert f'<a href="/org/acme/agents/{ID}">' in content


def test_it_names_programs_and_people_who_have_gone(
    alice_client, note, bob, make_key, organization
):
    key, _ = make_key(organization, name="nightly")
    note(by=None, key=key)
    note(by=None)
    note(by=bob)
    bob.delete()
    assert [said.split(" exported")[0] for said in sentences(alice_client)] == [
        "bob@example.org",
        "Zelto",
        f"nightly ({key.masked})",
    ]


def test_it_shows_what_was_done_to_oneself_as_text(alice_client, note):
    note(subject="<script>alert(1)</script>", detail={"format": "<b>"})
    content = alice_client.get(URL).content.decode()
    assert "<script>alert" not in content
    assert "&lt;script&gt;" in content


def test_it_narrows_to_a_person(alice_client, note, dora, alice):
    note(subject="hers", by=dora)
    note(subject="mine")
    assert sentences(alice_client, f"{URL}?person={dora.pk}") == [
        "Dora Example exported hers"
    ]


def test_it_narrows_to_programs(alice_client, note, make_key, organization):
    note(subject="mine")
    note(subject="its", by=None, key=make_key(organization)[0])
    assert len(sentences(alice_client, f"{URL}?person=programs")) == 1


def test_it_narrows_to_an_action(alice_client, note):
    note()
    note(action="body.opened", subject="call-1")
    assert sentences(alice_client, f"{URL}?action=body.opened") == [
        "Alice Example opened the raw body of call-1"
    ]


@pytest.mark.parametrize(
    "query", ["person=x", "action=x", "before=x", "after=x", "person=%00"]
)
def test_it_leaves_out_what_it_cannot_read(alice_client, note, query):
    note()
    assert len(sentences(alice_client, f"{URL}?{query}")) == 1


def test_somebody_who_left_stays_in_the_menu_while_chosen(alice_client, note, bob):
    note(by=bob)
    Membership.objects.get(user=bob).delete()
    assert "Bob Example</option>" not in alice_client.get(URL).content.decode()
    content = alice_client.get(f"{URL}?person={bob.pk}").content.decode()
    assert "selected>Bob Example</option>" in content


def test_the_menu_names_nobody_of_another_organization(
    alice_client, note, charlie, other_organization
):
    audit.record(
        organization=other_organization,
        by=charlie,
        action=AuditAction.DATA_EXPORTED,
        subject="x",
    )
    content = alice_client.get(f"{URL}?person={charlie.pk}").content.decode()
    assert "Charlie" not in content
    assert "No entry fits." in content


def test_it_goes_back_and_forth_without_losing_or_repeating(alice_client, note):
    for number in range(120):
        note(subject=f"n{number:03}")

    def follow(url, rel):
        content = alice_client.get(url).content.decode()
        found = re.search(rf'rel="{rel}" href="([^"]+)"', content)
        return URL + unescape(found[1]) if found else None

    pages = [f"{URL}?action=data.exported"]
    while older := follow(pages[-1], "next"):
        pages.append(older)
    told = [said for page in pages for said in sentences(alice_client, page)]
    assert told == [f"Alice Example exported n{n:03}" for n in reversed(range(120))]
    assert len(pages) == 3
    back = follow(pages[2], "prev")
    assert sentences(alice_client, back) == sentences(alice_client, pages[1])
    front = follow(back, "prev")
    assert sentences(alice_client, front) == sentences(alice_client, pages[0])
    assert follow(front, "prev") is None


def test_it_says_what_will_be_there(alice_client, organization):
    content = alice_client.get(URL).content.decode()
    assert "Nothing yet." in content
    assert "filter-person" not in content


def test_it_shows_nobody_elses_entries(alice_client, charlie, other_organization):
    audit.record(
        organization=other_organization,
        by=charlie,
        action=AuditAction.DATA_EXPORTED,
        subject="x",
    )
    assert sentences(alice_client) == []


def test_it_asks_the_database_as_often_for_many_as_for_few(
    alice_client, note, django_assert_max_num_queries, make_key, organization
):
    key, _ = make_key(organization)
    for _ in range(25):
        note()
        note(by=None, key=key)
    alice_client.get(URL)
    with django_assert_max_num_queries(6):
        alice_client.get(URL)
    assert AuditEntry.objects.count() == 50


def test_it_refuses_an_outsider(client, charlie_client, organization):
    assert charlie_client.get(URL).status_code == 404
    assert client.get(URL)["Location"].startswith("/login")


def test_it_is_not_for_members(bob_client):
    assert bob_client.get(URL).status_code == 403
    assert URL not in bob_client.get("/org/acme/conversations").content.decode()


def test_it_says_how_much_is_kept(alice_client, settings):
    settings.KEEP_AUDIT_BYTES = 8 * 1024 * 1024
    said = alice_client.get(URL).content.decode().replace("\xa0", " ")
    assert "Of each kind the newest 8.0 MB are kept; the oldest go first." in said
    settings.KEEP_AUDIT_BYTES = 0
    assert "Of each kind" not in alice_client.get(URL).content.decode()
