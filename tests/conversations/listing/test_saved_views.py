import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.actions import remove_member
from accounts.models import AuditAction, AuditEntry, Membership
from conversations.listing import saved_view_actions as actions
from conversations.models import SavedView
from conversations.models.saved_view import MAX_VIEWS_OF_A_PERSON

URL = "/org/acme/conversations"
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def save(organization):
    def make(user, name="Night calls", query="provider=livekit", shared=False):
        return actions.save_view(
            membership=Membership.objects.get(organization=organization, user=user),
            name=name,
            query=query,
            shared=shared,
            by=user,
        )

    return make


def post(client, view, verb, **fields):
    return client.post(f"{URL}/views/{view.pk}/{verb}", fields)


def names_in(response):
    views = response.context["views"]
    return [one.view.name for one in [*views.in_row, *views.further]]


def test_what_is_in_force_is_saved_under_a_name(bob_client, make_conversation):
    make_conversation()
    bob_client.post(f"{URL}/columns", {"columns": ["turns"]})
    response = bob_client.post(
        f"{URL}/views", {"name": "Night calls", "query": "provider=livekit&q=lamp"}
    )
    view = SavedView.objects.get()
    # With the columns that the address did not name.
    assert view.query == "q=lamp&provider=livekit&columns=reference,turns"
    assert response["Location"] == f"{URL}?{view.query}&view={view.pk}"
    assert not view.is_shared
    page = bob_client.get(response["Location"])
    assert page.context["views"].in_force.view == view
    assert not page.context["views"].in_force.is_changed
    assert page.context["filters"].text == "lamp"


def test_a_view_is_a_link_above_the_list(bob_client, bob, save):
    view = save(bob, name=NASTY)
    response = bob_client.get(URL)
    content = response.content.decode()
    assert f'href="{URL}?provider=livekit&amp;view={view.pk}"' in content
    assert NASTY not in content
    assert response.context["views"].in_force is None


def test_what_changed_since_is_told(bob_client, bob, save):
    view = save(bob, query="provider=livekit&columns=reference")
    same = bob_client.get(f"{URL}?columns=reference&provider=livekit&view={view.pk}")
    assert not same.context["views"].in_force.is_changed
    assert "Update view" not in same.content.decode()
    for query in ("columns=reference", "provider=livekit&columns=reference,turns"):
        changed = bob_client.get(f"{URL}?{query}&view={view.pk}")
        assert changed.context["views"].in_force.is_changed
        assert "Update view" in changed.content.decode()


def test_the_filters_of_a_view_without_its_name_are_that_view(bob_client, bob, save):
    view = save(bob, query="metadata.a=1&metadata.b=2&columns=reference,turns")
    response = bob_client.get(
        f"{URL}?metadata.b=2&metadata.a=1&columns=reference,turns"
    )
    assert response.context["views"].in_force.view == view
    # What is filtered from here on is a change of this view.
    assert f'name="view" value="{view.pk}"' in response.content.decode()


@pytest.mark.parametrize(
    "query", ["", "agent=x&from=9&columns=,,%ff&provider=gone", "\x01&&=;", "q=%00"]
)
def test_a_damaged_or_outdated_view_still_opens(bob_client, bob, save, query):
    view = save(bob, query=query)
    page = bob_client.get(URL)
    assert names_in(page) == ["Night calls"]
    listed = page.context["views"].in_row[0]
    assert bob_client.get(f"{URL}?{listed.query}").status_code == 200
    assert bob_client.get(f"{URL}?view=nonsense").status_code == 200
    view.delete()
    assert bob_client.get(f"{URL}?{listed.query}").status_code == 200


def test_only_a_shared_view_is_seen_by_others(bob_client, alice, alice_client, save):
    save(alice, name="Mine")
    shared = save(alice, name="Ours", shared=True)
    response = bob_client.get(URL)
    assert names_in(response) == ["Ours"]
    assert "shared by </span>Alice Example" in response.content.decode()
    used = bob_client.get(f"{URL}?provider=livekit&view={shared.pk}")
    assert used.context["views"].in_force.view == shared
    assert names_in(alice_client.get(URL)) == ["Mine", "Ours"]


def test_an_outsider_sees_and_changes_nothing(
    charlie_client, bob, save, other_organization
):
    view = save(bob, shared=True)
    assert names_in(charlie_client.get("/org/globex/conversations")) == []
    for slug in ("acme", "globex"):
        for verb in ("rename", "update", "share", "unshare", "delete"):
            url = f"/org/{slug}/conversations/views/{view.pk}/{verb}"
            assert charlie_client.post(url, {"name": "x"}).status_code == 404
    assert charlie_client.post(f"{URL}/views", {"name": "x"}).status_code == 404
    assert SavedView.objects.get().name == "Night calls"


def test_the_owner_renames_updates_shares_and_deletes(bob_client, bob, save):
    view = save(bob)
    query = f"reference=x&columns=reference&view={view.pk}"
    post(bob_client, view, "rename", name=" Day calls ", query=query)
    post(bob_client, view, "update", query=query)
    view.refresh_from_db()
    assert (view.name, view.query) == ("Day calls", "reference=x&columns=reference")
    post(bob_client, view, "share", query=query)
    view.refresh_from_db()
    assert view.is_shared
    post(bob_client, view, "unshare", query=query)
    view.refresh_from_db()
    assert not view.is_shared
    response = post(bob_client, view, "delete", query=query)
    assert not SavedView.objects.exists()
    assert response["Location"] == f"{URL}?reference=x&columns=reference"


@pytest.mark.parametrize("verb", ["rename", "update", "share", "unshare", "delete"])
def test_another_member_does_not_change_a_shared_view(bob_client, alice, save, verb):
    view = save(alice, shared=True)
    assert post(bob_client, view, verb, name="x", query="q=x").status_code == 403
    kept = SavedView.objects.get()
    assert (kept.name, kept.query, kept.is_shared) == (
        *("Night calls", "provider=livekit"),
        True,
    )
    content = bob_client.get(f"{URL}?q=x&view={view.pk}").content.decode()
    assert "Change the view" not in content
    assert "Update view" not in content
    assert "Save view" in content


@pytest.mark.parametrize("verb", ["rename", "update", "share", "unshare", "delete"])
def test_what_is_not_shared_does_not_exist_for_others(dora_client, bob, save, verb):
    view = save(bob)
    assert post(dora_client, view, verb, name="x").status_code == 404


def test_an_admin_unshares_and_deletes_what_others_share(dora_client, bob, save):
    view = save(bob, shared=True)
    for verb in ("rename", "update", "share"):
        assert post(dora_client, view, verb, name="x").status_code == 403
    assert post(dora_client, view, "unshare").status_code == 302
    assert not SavedView.objects.get().is_shared
    other = save(bob, name="Another", shared=True)
    assert post(dora_client, other, "delete").status_code == 302
    assert [view.name for view in SavedView.objects.all()] == ["Night calls"]


def test_sharing_is_in_the_audit_log(dora, dora_client, bob, save):
    view = save(bob)
    actions.share_view(view=view, by=bob)
    actions.share_view(view=view, by=bob)  # twice is once
    actions.unshare_view(view=view, by=dora)
    actions.delete_view(view=view, by=bob)  # nobody else's business
    gone = save(bob, name="Another", shared=True)
    actions.delete_view(view=gone, by=bob)
    assert list(
        AuditEntry.objects.order_by("id").values_list("action", "subject", "by")
    ) == [
        (AuditAction.VIEW_SHARED, "Night calls", bob.pk),
        (AuditAction.VIEW_UNSHARED, "Night calls", dora.pk),
        (AuditAction.VIEW_SHARED, "Another", bob.pk),
        (AuditAction.VIEW_DELETED, "Another", bob.pk),
    ]
    content = dora_client.get("/org/acme/settings/audit").content.decode()
    assert "stopped sharing the view" in content
    assert "Bob Example" in content


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "A view needs a name."),
        ("x" * 61, "The name of a view has at most 60 signs."),
        ("a\x07b", "A name is one line"),
        ("NIGHT calls", "You have a view of this name."),
    ],
)
def test_a_name_that_does_not_do_is_told(bob_client, bob, save, name, fault):
    save(bob)
    other = save(bob, name="Other")
    query = "provider=livekit&columns=reference"
    response = bob_client.post(
        f"{URL}/views", {"name": name, "query": query}, follow=True
    )
    assert fault in response.content.decode()
    # What was in force still is.
    assert response.context["filters"].provider == "livekit"
    renamed = post(bob_client, other, "rename", name=name, query=query)
    assert fault in bob_client.get(renamed["Location"]).content.decode()
    assert sorted(view.name for view in SavedView.objects.all()) == [
        *("Night calls", "Other"),
    ]


def test_two_people_have_views_of_one_name(bob, alice, save):
    save(bob)
    save(alice)
    assert SavedView.objects.count() == 2


def test_a_person_has_only_so_many(bob_client, bob, alice, save):
    for number in range(MAX_VIEWS_OF_A_PERSON):
        save(bob, name=f"View {number}")
    response = bob_client.post(f"{URL}/views", {"name": "One more"}, follow=True)
    assert "You have 30 views, and no more fit." in response.content.decode()
    assert len(response.context["views"].further) == MAX_VIEWS_OF_A_PERSON - 5
    save(alice)
    SavedView.objects.filter(name="View 3").delete()
    assert save(bob, name="In its place").place == 4


@pytest.mark.parametrize(
    "fields", [{"place": 1}, {"place": 31}, {"place": 0}, {"name": "NIGHT CALLS"}]
)
def test_the_database_keeps_the_bounds(bob, save, fields):
    view = save(bob)
    values = {"place": 2, "name": "Other", **fields}
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(
            organization=view.organization, membership=view.membership, **values
        )


def test_of_somebody_who_leaves_only_what_is_shared_stays(
    bob, dora, dora_client, alice_client, save, organization
):
    save(bob, name="Private")
    shared = save(bob, name="Ours", shared=True)
    membership = Membership.objects.get(organization=organization, user=bob)
    remove_member(membership=membership, by=bob)
    assert [view.name for view in SavedView.objects.all()] == ["Ours"]
    response = dora_client.get(f"{URL}?provider=livekit&view={shared.pk}")
    assert "somebody who left" in response.content.decode()
    assert "Stop sharing" not in response.content.decode()
    # Nobody's and shared with nobody is gone.
    assert post(dora_client, shared, "unshare").status_code == 302
    assert not SavedView.objects.exists()


def test_views_make_one_query_however_many(bob_client, bob, alice, save):
    bob_client.get(URL)
    save(bob)
    with CaptureQueriesContext(connection) as few:
        bob_client.get(URL)
    for number in range(10):
        save(bob, name=f"Mine {number}")
        save(alice, name=f"Shared {number}", shared=True)
    with CaptureQueriesContext(connection) as many:
        bob_client.get(URL)
    assert len(many) == len(few)


def test_a_poll_asks_for_no_views(bob_client, bob, save):
    save(bob)
    with CaptureQueriesContext(connection) as queries:
        bob_client.get(
            URL, {"shown": "reference,agent"}, headers={"HX-Request": "true"}
        )
    statements = " ".join(one["sql"] for one in queries.captured_queries)
    assert "conversations_savedview" not in statements
    assert "conversations_columnchoice" not in statements
