"""A conversation of thousands of turns: in parts, each at its address."""

import gzip
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

KILOBYTE = 1024


def turns_of(count):
    return [
        {
            "role": "assistant" if number % 2 else "user",
            "content": f"word{number} " * 20,
            "startSeconds": number * 3,
            "metrics": {"e2e_latency": 0.5 + number / 10_000},
        }
        for number in range(1, count + 1)
    ]


@pytest.fixture
def long_one(make_conversation):
    return make_conversation(turns=turns_of(2000))


def get(client, conversation, query="", **headers):
    address = f"/org/acme/conversations/{conversation.id}{query}"
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def numbers_in(page):
    return [int(number) for number in re.findall(r'<li[^>]*id="turn-(\d+)"', page)]


def further(page):
    """What htmx loads, and where the same link leads without it."""
    return [
        (unescape(address), unescape(fragment))
        for address, fragment in re.findall(r'href="([^"]+)"\s+hx-get="([^"]+)"', page)
    ]


def test_it_opens_with_the_first_turns_and_leads_to_the_others(bob_client, long_one):
    page = get(bob_client, long_one)
    assert numbers_in(page) == list(range(1, 301))
    assert "2,000 turns" in page
    assert "Turns 1\u2013300 of 2,000" in page
    ((address, _),) = further(page)
    assert address.endswith("?at=301#turn-301")


def test_without_scripts_one_walks_from_part_to_part(bob_client, long_one):
    seen, page = [], get(bob_client, long_one)
    while True:
        seen += numbers_in(page)
        address, _ = further(page)[-1]
        query = "?" + address.partition("?")[2].partition("#")[0]
        page = get(bob_client, long_one, query)
        if numbers_in(page)[0] < seen[-1]:
            break
    assert seen == list(range(1, 2001))


def test_with_htmx_parts_are_laid_below_each_other(bob_client, long_one):
    seen, page = [], get(bob_client, long_one)
    while page:
        seen += numbers_in(page)
        ways = further(page)
        assert len(ways) <= 1
        page = ""
        for _, fragment in ways:
            query = "?" + fragment.partition("?")[2]
            page = get(bob_client, long_one, query, **{"HX-Request": "true"})
            assert "<html" not in page
    assert seen == list(range(1, 2001))


def test_parts_are_laid_above_each_other_too(bob_client, long_one):
    page = get(bob_client, long_one, "?at=2000")
    seen = numbers_in(page)
    while ways := further(page):
        query = "?" + ways[0][1].partition("?")[2]
        assert "way=earlier" in query
        page = get(bob_client, long_one, query, **{"HX-Request": "true"})
        seen = numbers_in(page) + seen
    assert seen == list(range(1, 2001))


def test_a_link_to_a_late_turn_opens_its_part(bob_client, long_one):
    page = get(bob_client, long_one, "?at=1800")
    assert 1800 in numbers_in(page)
    assert len(numbers_in(page)) == 300


def test_the_filters_ride_along(bob_client, long_one):
    page = get(bob_client, long_one, "?provider=livekit&at=400")
    for address, fragment in further(page):
        assert "?provider=livekit&at=" in address
        assert "?provider=livekit&at=" in fragment


@pytest.mark.parametrize("at", ["0", "-1", "x", "99999", "9" * 5000, "²", ""])
def test_an_address_that_names_no_turn_opens_the_start(bob_client, long_one, at):
    assert numbers_in(get(bob_client, long_one, f"?at={at}"))[0] == 1


def test_the_slowest_answer_is_linked_where_it_is(bob_client, long_one):
    assert 'href="?at=2000#turn-2000">slowest answer' in get(bob_client, long_one)
    there = get(bob_client, long_one, "?at=2000")
    assert 'href="#turn-2000">slowest answer' in there
    assert there.count("Slowest") == 1


def test_all_is_on_one_page_for_who_asks(bob_client, long_one):
    page = get(bob_client, long_one, "?show=all")
    assert numbers_in(page) == list(range(1, 2001))
    assert further(page) == []


def test_the_longest_one_is_light(bob_client, make_conversation):
    conversation = make_conversation(turns=turns_of(10_000))
    page = get(bob_client, conversation)
    assert len(gzip.compress(page.encode())) < 100 * KILOBYTE
    part = get(bob_client, conversation, "?at=9000", **{"HX-Request": "true"})
    assert 9000 in numbers_in(part)


def test_a_further_part_asks_the_database_for_no_neighbours(bob_client, long_one):
    get(bob_client, long_one)
    with CaptureQueriesContext(connection) as queries:
        get(bob_client, long_one, "?at=301&way=later", **{"HX-Request": "true"})
    # The session, the person, the role, the conversation, its transcript; the frame
    # has a query of its own.
    assert len(queries) <= 6


def test_an_outsider_gets_no_part(charlie_client, long_one):
    address = f"/org/acme/conversations/{long_one.id}?at=301"
    response = charlie_client.get(address, headers={"HX-Request": "true"})
    assert response.status_code == 404
