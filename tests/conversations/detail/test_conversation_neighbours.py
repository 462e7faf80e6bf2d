"""Next and previous, within the list that a conversation was opened from."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

LIST = "/org/acme/conversations"


def links_of(page):
    """The addresses that lead to previous and next; None where there is none."""
    found = {
        relation: unescape(address)
        for relation, address in re.findall(r'rel="(prev|next)" href="([^"]+)"', page)
    }
    return found.get("prev"), found.get("next")


def get(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def id_in(address):
    return urlsplit(address).path.rpartition("/")[2]


def test_it_leads_to_the_newer_and_the_older(bob_client, make_conversation):
    oldest, middle, newest = (str(make_conversation().id) for _ in range(3))
    newer, older = links_of(get(bob_client, f"{LIST}/{middle}"))
    assert (id_in(newer), id_in(older)) == (newest, oldest)
    assert links_of(get(bob_client, f"{LIST}/{newest}"))[0] is None
    assert links_of(get(bob_client, f"{LIST}/{oldest}"))[1] is None


@pytest.mark.parametrize(
    "query",
    ["provider=zelto", "reference=wanted", "from=2026-11-22&to=2026-11-22&reference=w"],
)
def test_it_stays_within_the_filters(
    bob_client, make_conversation, make_findable, query
):
    wanted = []
    for number in range(3):
        make_conversation(provider="livekit", external_id=f"other-{number}")
        wanted.append(
            make_conversation(provider="zelto", external_id=f"wanted-{number}")
        )
    make_findable()
    seen, address = [], f"{LIST}/{wanted[2].id}?{query}"
    while address:
        seen.append(id_in(address))
        assert parse_qs(urlsplit(address).query) == parse_qs(query)
        address = links_of(get(bob_client, address))[1]
    assert seen == [str(one.id) for one in reversed(wanted)]


def test_the_way_back_leads_to_the_filtered_list(bob_client, make_conversation):
    conversation = make_conversation()
    page = get(bob_client, f"{LIST}/{conversation.id}?provider=livekit")
    assert f'href="{LIST}?provider=livekit"' in page
    assert f'href="{LIST}"' in get(bob_client, f"{LIST}/{conversation.id}")


def test_the_list_hands_its_filters_on(bob_client, make_conversation, make_findable):
    conversation = make_conversation(external_id="wanted & <more>")
    make_findable()
    page = get(bob_client, f"{LIST}?provider=livekit&reference=wanted+%26")
    address = f"{LIST}/{conversation.id}?provider=livekit&amp;reference=wanted+%26"
    assert f'href="{address}"' in page
    unfiltered = get(bob_client, LIST)
    assert f'href="{LIST}/{conversation.id}"' in unfiltered


def test_an_agent_hands_itself_on(bob_client, make_conversation):
    conversation = make_conversation()
    agent = conversation.agent_id
    page = get(bob_client, f"/org/acme/agents/{agent}")
    assert f'href="{LIST}/{conversation.id}?agent={agent}"' in page


def test_one_that_the_filters_leave_out_still_has_neighbours(
    bob_client, make_conversation
):
    """Opened from a link that somebody shortened."""
    newer = make_conversation(provider="zelto")
    here = make_conversation(provider="livekit")
    page = get(bob_client, f"{LIST}/{here.id}?provider=zelto")
    assert id_in(links_of(page)[1]) == str(newer.id)


@pytest.mark.parametrize("query", ["agent=x", "from=x", "provider=%00", "at=x&way=x"])
def test_a_filter_that_cannot_be_read_is_left_out(bob_client, make_conversation, query):
    conversation = make_conversation()
    make_conversation()
    page = get(bob_client, f"{LIST}/{conversation.id}?{query}")
    assert links_of(page)[0]


def test_another_organizations_are_no_neighbours(
    bob_client, make_conversation, make_agent, other_organization
):
    make_conversation(agent=make_agent(organization=other_organization))
    conversation = make_conversation()
    make_conversation(agent=make_agent(organization=other_organization))
    page = get(bob_client, f"{LIST}/{conversation.id}")
    assert links_of(page) == (None, None)
