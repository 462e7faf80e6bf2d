from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations.models import Conversation
from tests.conversations.conftest import NOON

URL = "/org/acme/conversations"
NASTY = "<script>alert(1)</script>"


def references(response):
    return [row.external_id for row in response.context["page"].rows]


def test_it_shows_what_a_call_was(bob_client, make_conversation):
    make_conversation(
        external_id="RM_9f",
        customer_name="Ada L.",
        started_at=NOON,
        duration_seconds=192.4,
        ended_reason="participant_disconnected",
        cost=Decimal("0.0423"),
        has_audio=True,
        is_test=True,
    )
    content = bob_client.get(URL).content.decode()
    for text in (
        "RM_9f",
        "Ada L.",
        "Front desk",
        "LiveKit",
        ", by webhook",
        "3:12",
        "participant_disconnected",
        "$0.0423",
        "Has audio",
        ">Test<",
        'datetime="2026-11-22T12:00:00.000+00:00"',
    ):
        assert text in content


def test_it_refuses_an_outsider(charlie_client, organization):
    assert charlie_client.get(URL).status_code == 404


def test_it_sends_the_signed_out_to_the_login(client, organization):
    response = client.get(URL)
    assert response.status_code == 302
    assert response["Location"].startswith("/login")


def test_it_only_reads(bob_client):
    assert bob_client.post(URL).status_code == 405


def test_a_slash_at_the_end_is_tolerated(bob_client):
    assert bob_client.get(f"{URL}/").status_code == 200


def test_it_shows_nothing_of_another_organization(
    bob_client, make_conversation, make_agent, other_organization
):
    other = make_agent(organization=other_organization, name="Globex agent")
    make_conversation(agent=other, external_id="RM_theirs")
    make_conversation(external_id="RM_ours")
    response = bob_client.get(URL)
    assert references(response) == ["RM_ours"]
    assert "Globex agent" not in response.content.decode()
    assert references(bob_client.get(f"{URL}?agent={other.id}")) == []


def test_everything_in_a_row_is_escaped(
    bob_client, make_conversation, make_agent, make_findable
):
    make_conversation(
        agent=make_agent(name=NASTY),
        external_id=NASTY,
        customer_name=NASTY,
        customer_number=NASTY,
        ended_reason=NASTY,
        version=NASTY,
    )
    make_findable()
    content = bob_client.get(URL, {"reference": NASTY}).content.decode()
    assert NASTY not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_an_empty_list_says_the_next_step(bob_client):
    content = bob_client.get(URL).content.decode()
    assert "No conversations yet." in content
    assert 'href="/org/acme/settings/integrations/livekit"' in content


def test_a_list_filtered_to_nothing_offers_to_clear(bob_client, make_conversation):
    make_conversation()
    content = bob_client.get(URL, {"reference": "nobody"}).content.decode()
    assert "No conversation fits these filters." in content
    assert "Clear filters" in content


@pytest.mark.parametrize("text", ["rm_9F", "9f", "ada", "LOVE", "555-01", "0100"])
def test_it_finds_the_beginning_of_a_word_of_reference_name_or_number(
    bob_client, make_conversation, make_findable, text
):
    make_conversation(
        external_id="RM_9f",
        customer_name="Ada Lovelace",
        customer_number="+1 555-0100",
    )
    make_conversation(external_id="RM_other")
    make_findable()
    assert references(bob_client.get(URL, {"reference": text})) == ["RM_9f"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "\x00", "'"])
def test_signs_that_mean_something_to_a_database_are_only_signs(
    bob_client, make_conversation, make_findable, text
):
    make_conversation(external_id="plain")
    make_findable()
    response = bob_client.get(URL, {"reference": text})
    assert response.status_code == 200
    assert references(response) == (["plain"] if text == "\x00" else [])


def test_it_filters_by_agent_and_provider(bob_client, make_conversation, make_agent):
    night = make_agent(name="Night line", provider="zelto")
    make_conversation(agent=night, provider="zelto", external_id="night")
    make_conversation(external_id="day")
    assert references(bob_client.get(URL, {"agent": night.id})) == ["night"]
    assert references(bob_client.get(URL, {"provider": "livekit"})) == ["day"]


def test_an_agent_beyond_the_menu_stays_chosen(
    bob_client, make_conversation, make_agent, monkeypatch
):
    monkeypatch.setattr("conversations.listing.views.AGENTS_IN_MENU", 1)
    make_agent(name="Abacus")
    zebra = make_agent(name="Zebra")
    make_conversation(agent=zebra)
    content = bob_client.get(URL, {"agent": zebra.id}).content.decode()
    assert f'<option value="{zebra.id}" selected>Zebra</option>' in content
    assert "Remove the filter Agent: Zebra" in content


def test_days_are_those_of_the_organization(
    bob_client, make_conversation, organization
):
    organization.time_zone = "America/New_York"  # midnight is 05:00 UTC
    organization.save()
    for reference, hours in (("eve", -7.1), ("morning", -6.9), ("night", 16.9)):
        make_conversation(
            external_id=reference, created_at=NOON + timedelta(hours=hours)
        )
    make_conversation(external_id="next", created_at=NOON + timedelta(hours=17.1))
    day = {"from": "2026-11-22", "to": "2026-11-22"}
    assert references(bob_client.get(URL, day)) == ["night", "morning"]


def test_a_filter_in_force_is_a_chip_that_takes_it_away(bob_client, make_conversation):
    make_conversation()
    content = bob_client.get(
        URL, {"provider": "livekit", "reference": "RM"}
    ).content.decode()
    assert "Remove the filter Provider: LiveKit" in content
    assert f'href="{URL}?reference=RM"' in content


@pytest.mark.parametrize(
    "query",
    [
        "agent=x",
        "provider=%00",
        "from=x&to=y",
        "from=9999-12-31",
        "before=x",
        "after=%ff",
        "seen=x",
        "reference=%ed%a0%80",
        "reference=" + "x" * 9999,
    ],
)
def test_a_damaged_address_still_opens(bob_client, make_conversation, query):
    make_conversation()
    assert bob_client.get(f"{URL}?{query}").status_code == 200


def test_it_says_which_filter_could_not_be_read(bob_client):
    content = bob_client.get(URL, {"from": "soon"}).content.decode()
    assert "From is not a date, so it is left out." in content


def test_older_and_newer_pages_keep_the_filters(bob_client, make_conversation):
    for number in range(120):
        make_conversation(external_id=f"RM_{number:03}", provider="livekit")
    first = bob_client.get(URL, {"provider": "livekit"})
    assert references(first)[0] == "RM_119"
    assert len(references(first)) == 50
    assert first.context["newer_url"] == ""
    older = first.context["older_url"]
    assert older.startswith("?provider=livekit&before=")
    second = bob_client.get(f"{URL}{older}")
    assert references(second)[0] == "RM_069"
    third = bob_client.get(f"{URL}{second.context['older_url']}")
    assert references(third)[-1] == "RM_000"
    assert third.context["older_url"] == ""
    back = bob_client.get(f"{URL}{third.context['newer_url']}")
    assert references(back) == references(second)


def test_only_the_newest_page_is_live(bob_client, make_conversation):
    for _ in range(51):
        make_conversation()
    first = bob_client.get(URL, {"provider": "livekit"})
    assert f'data-live="{URL}?provider=livekit"' in first.content.decode()
    second = bob_client.get(f"{URL}{first.context['older_url']}")
    assert "data-live=" not in second.content.decode()


def test_a_poll_is_answered_with_the_list_alone(bob_client, make_conversation):
    make_conversation(external_id="RM_9f")
    response = bob_client.get(URL, headers={"HX-Request": "true"})
    assert b"RM_9f" in response.content
    assert b"<html" not in response.content
    assert "HX-Request" in response["Vary"]


def test_a_poll_that_saw_everything_is_answered_with_nothing(
    bob_client, make_conversation
):
    conversation = make_conversation()
    seen = bob_client.get(URL).context["version"]
    poll = {"headers": {"HX-Request": "true"}}
    response = bob_client.get(URL, {"seen": seen}, **poll)
    assert (response.status_code, response.content) == (204, b"")

    # A row that changed, and a row that came, are both news.
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=NOON)
    changed = bob_client.get(URL, {"seen": seen}, **poll)
    assert changed.status_code == 200
    make_conversation()
    response = bob_client.get(URL, {"seen": changed.context["version"]}, **poll)
    assert response.status_code == 200


def test_it_asks_the_database_as_often_for_50_rows_as_for_5(
    bob_client, make_conversation, make_agent
):
    bob_client.get(URL)  # the first page of a session also writes the session
    for _ in range(5):
        make_conversation(agent=make_agent(), turns=[{"role": "user"}])
    with CaptureQueriesContext(connection) as few:
        bob_client.get(URL)
    for _ in range(50):
        make_conversation(agent=make_agent(), turns=[{"role": "user"}])
    with CaptureQueriesContext(connection) as many:
        bob_client.get(URL)
    assert len(many) == len(few)
    statements = " ".join(query["sql"] for query in many.captured_queries)
    assert "conversations_transcript" not in statements
    assert "OFFSET" not in statements
    assert '"metadata"' not in statements
    # The frame of the page counts open issues, with the reader's organizations.
    counting = [one["sql"] for one in many if "COUNT(" in one["sql"].upper()]
    assert all('FROM "accounts_membership"' in one for one in counting)
