import pytest

from accounts.models import Organization

URL = "/org/acme/settings/organization"
FIELDS = {"name": "Acme Corp", "slug": "acme-corp", "time_zone": "Asia/Tokyo"}


def test_an_owner_changes_it(alice_client, organization):
    response = alice_client.post(URL, FIELDS)
    assert response["Location"] == "/org/acme-corp/settings/organization"
    organization.refresh_from_db()
    assert (organization.name, organization.slug) == ("Acme Corp", "acme-corp")
    assert organization.time_zone == "Asia/Tokyo"
    assert b"Saved." in alice_client.get(response["Location"]).content
    assert alice_client.get(URL).status_code == 404


@pytest.mark.parametrize("who", ["bob_client", "dora_client"])
def test_others_read_it(who, request, organization):
    client = request.getfixturevalue(who)
    response = client.get(URL)
    content = response.content.decode()
    assert "Acme" in content
    assert str(organization.pk) in content
    assert "<form class=" not in content
    assert client.post(URL, FIELDS).status_code == 403
    organization.refresh_from_db()
    assert organization.name == "Acme"


def test_it_refuses_an_outsider(client, charlie_client, organization):
    assert charlie_client.get(URL).status_code == 404
    assert charlie_client.post(URL, FIELDS).status_code == 404
    assert client.post(URL, FIELDS)["Location"].startswith("/login")
    organization.refresh_from_db()
    assert organization.slug == "acme"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "two\nlines"),
        ("slug", "globex"),
        ("slug", "GLOBEX"),
        ("slug", "admin"),
        ("slug", "with space"),
        ("slug", "x" * 64),
        ("slug", ""),
        ("time_zone", "Mars/Olympus"),
    ],
)
def test_it_says_which_field_does_not_fit(
    field, value, alice_client, organization, other_organization
):
    response = alice_client.post(URL, {**FIELDS, field: value})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    # What was refused is in its field, not in the frame of the page.
    assert response.context["organization"].name == "Acme"
    organization.refresh_from_db()
    assert organization.slug == "acme"


def test_it_keeps_a_zone_that_this_machine_does_not_list(alice_client, organization):
    Organization.objects.update(time_zone="Etc/GMT+3")
    alice_client.post(URL, {**FIELDS, "time_zone": "Etc/GMT+3"})
    organization.refresh_from_db()
    assert (organization.name, organization.time_zone) == ("Acme Corp", "Etc/GMT+3")
