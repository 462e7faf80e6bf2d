from accounts.models import Membership, Organization, User


def test_it_sends_to_the_login(client, db):
    assert client.get("/")["Location"] == "/login?next=/"


def test_it_leads_to_the_home_page_of_ones_organization(alice_client):
    assert alice_client.get("/")["Location"] == "/org/acme/"


def test_it_leads_back_to_the_organization_visited_last(alice, alice_client):
    second = Organization.objects.create(name="Zebra", slug="zebra")
    Membership.objects.create(organization=second, user=alice)
    assert alice_client.get("/")["Location"] == "/org/acme/"
    alice_client.get("/org/zebra/settings/members")
    assert alice_client.get("/")["Location"] == "/org/zebra/"
    Membership.objects.filter(organization=second).delete()
    assert alice_client.get("/")["Location"] == "/org/acme/"


def test_a_page_that_polls_is_no_visit(alice, alice_client):
    second = Organization.objects.create(name="Zebra", slug="zebra")
    Membership.objects.create(organization=second, user=alice)
    alice_client.get("/org/zebra/settings/members", headers={"HX-Request": "true"})
    assert alice_client.get("/")["Location"] == "/org/acme/"


def test_it_writes_no_session_while_one_stays_in_an_organization(
    alice_client, django_assert_max_num_queries
):
    alice_client.get("/org/acme/settings/organization")
    with django_assert_max_num_queries(6) as captured:
        alice_client.get("/org/acme/settings/organization")
    assert not [q for q in captured if q["sql"].startswith(("UPDATE", "INSERT"))]


def test_it_tells_who_is_in_no_organization_what_to_do(client, db):
    user = User.objects.create_user("eve@example.org", "x")
    client.force_login(user)
    response = client.get("/")
    assert response.status_code == 200
    assert b"invite eve@example.org" in response.content
    assert b"/admin/" not in response.content


def test_it_shows_an_outsider_only_their_own(charlie_client, organization):
    assert charlie_client.get("/")["Location"] == "/org/globex/"
