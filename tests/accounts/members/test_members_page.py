from accounts.actions import invite

URL = "/org/acme/settings/members"


def test_it_lists_everybody_with_their_role(bob_client, alice, dora, charlie):
    content = bob_client.get(URL).content.decode()
    for text in ("alice@example.org", "Owner", "dora@example.org", "Admin"):
        assert text in content
    assert charlie.email not in content


def test_a_member_sees_neither_invitations_nor_controls(
    bob_client, alice, organization
):
    invite(organization=organization, email="eve@example.org", role="member", by=alice)
    content = bob_client.get(URL).content.decode()
    assert "eve@example.org" not in content
    assert "Send invitation" not in content
    assert "Make owner" not in content
    assert content.count("Leave…") == 1
    assert "Remove…" not in content


def test_an_admin_invites_but_changes_no_roles(
    dora_client, alice, organization, other_organization, charlie
):
    invite(organization=organization, email="eve@example.org", role="member", by=alice)
    invite(
        organization=other_organization, email="x@y.example", role="member", by=charlie
    )
    content = dora_client.get(URL).content.decode()
    assert "eve@example.org" in content
    assert "x@y.example" not in content
    assert "Send invitation" in content
    assert "Make owner" not in content
    assert "Remove…" not in content


def test_an_owner_changes_roles(alice_client, bob):
    content = alice_client.get(URL).content.decode()
    assert "Make owner" in content
    assert "Remove…" in content


def test_it_asks_the_database_as_often_for_many_as_for_few(
    alice_client, organization, alice, django_assert_max_num_queries
):
    for number in range(20):
        invite(
            organization=organization,
            email=f"e{number}@example.org",
            role="member",
            by=alice,
        )
    alice_client.get(URL)
    with django_assert_max_num_queries(8):
        alice_client.get(URL)


def test_it_refuses_an_outsider(client, charlie_client, organization):
    assert charlie_client.get(URL).status_code == 404
    assert client.get(URL)["Location"].startswith("/login")
