import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from conversations.listing.columns import (
    DEFAULT_COLUMNS,
    columns_of,
    read_columns,
    write_columns,
)
from conversations.models import ColumnChoice, SeenValue
from tests.conversations.conftest import NOON

URL = "/org/acme/conversations"
CHOOSE = f"{URL}/columns"
NASTY = "<script>alert(1)</script>"
POLL = {"HX-Request": "true"}


def headings(response):
    (head,) = re.findall(r"<thead>.*</thead>", response.content.decode(), re.DOTALL)
    cells = re.findall(r"<th\b[^>]*>(.*?)</th>", head, re.DOTALL)
    select, *others = [re.sub(r"<[^>]*>", "", cell).strip() for cell in cells]
    assert select == "Select all on this page"
    return others


def cells_named(response, name):
    cells = re.findall(
        rf'<td class="z-col-{name}\b[^>]*>(.*?)</td>',
        response.content.decode(),
        re.DOTALL,
    )
    return [re.sub(r"<[^>]*>", "", cell).strip() for cell in cells]


@pytest.mark.parametrize(
    "tokens",
    [(), ("agent", "audio"), ("metadata.a,b", "metadata.100%", "metadata.%2C")],
)
def test_columns_are_written_and_read_again(tokens):
    faults: list[str] = []
    assert read_columns(write_columns(tokens), faults) == tokens
    assert not faults


def test_an_address_without_columns_names_none():
    assert read_columns("", []) is None


@pytest.mark.parametrize(
    ("text", "expected", "fault"),
    [
        ("reference,agent,agent,nonsense", ("agent",), "no column “nonsense”"),
        ("metadata.,agent", ("agent",), "no column “metadata.”"),
        (
            ",".join(f"metadata.{number}" for number in range(9)),
            tuple(f"metadata.{number}" for number in range(5)),
            "At most 5 columns are of metadata",
        ),
    ],
)
def test_what_is_no_column_is_left_out_with_a_sentence(text, expected, fault):
    faults: list[str] = []
    assert read_columns(text, faults) == expected
    assert fault in faults[0]


def test_metadata_comes_before_the_sign_for_audio():
    columns = columns_of(("agent", "audio", "metadata.campaign"))
    assert [column.label for column in columns] == ["Agent", "campaign", "Audio"]


def test_without_a_choice_the_usual_columns_are_shown(bob_client, make_conversation):
    make_conversation()
    assert headings(bob_client.get(URL)) == [
        *("Reference", "Agent", "Source", "Started", "Duration", "Ended", "Cost"),
        "Audio",
    ]


def test_it_shows_the_columns_that_the_address_names(bob_client, make_conversation):
    make_conversation(
        customer_name="Ada L.",
        version="v12",
        turn_count=1400,
        ended_at=NOON,
        metadata={"campaign": "spring", "tries": 3, "tags": ["a"], "none": None},
    )
    columns = "customer,version,arrived,ended_at,turns,metadata.campaign"
    response = bob_client.get(
        URL, {"columns": f"{columns},metadata.tries,metadata.tags,metadata.none"}
    )
    assert headings(response) == [
        *("Reference", "Customer", "Version", "Arrived", "Ended at", "Turns"),
        *("campaign", "tries", "tags", "none"),
    ]
    assert cells_named(response, "customer") == ["Ada L."]
    assert cells_named(response, "version") == ["v12"]
    assert cells_named(response, "turns") == ["1,400"]
    assert cells_named(response, "metadata") == ["spring", "3", "[&quot;a&quot;]", "—"]
    # Whose call it was is not said twice.
    assert response.content.decode().count("Ada L.</span>") == 1


def test_it_shows_what_was_judged(bob_client, make_conversation):
    make_conversation(
        external_id="judged",
        outcome="fail",
        metadata={
            "tags": ["lk.fail", "vip", "asked for a human"],
            "evaluations": [
                {"name": "tone", "verdict": "pass", "reasoning": "Kind."},
                {"name": "accuracy", "verdict": "fail"},
            ],
        },
    )
    make_conversation(metadata={"tags": "vip", "evaluations": {"name": "tone"}})
    response = bob_client.get(URL, {"columns": "outcome,judges,tags"})
    assert headings(response) == ["Reference", "Outcome", "Judges", "Tags"]
    assert cells_named(response, "judges") == ["—", "accuracy fail, tone pass"]
    assert cells_named(response, "tags") == ["—", "vip, asked for a human"]
    assert "circle-x" in response.content.decode()


def test_a_key_of_digits_is_a_key(bob_client, make_conversation):
    make_conversation(metadata={"0": "zero"})
    response = bob_client.get(URL, {"columns": "metadata.0"})
    assert cells_named(response, "metadata") == ["zero"]


def test_a_long_value_is_cut_and_everything_is_escaped(bob_client, make_conversation):
    make_conversation(metadata={NASTY: NASTY, "long": "x" * 60_000})
    response = bob_client.get(URL, {"columns": f"metadata.{NASTY},metadata.long"})
    content = response.content.decode()
    assert NASTY not in content
    assert "&lt;script&gt;alert(1)" in content
    assert cells_named(response, "metadata")[1] == "x" * 120 + "…"
    assert len(content) < 100_000


def test_filters_chips_and_pages_keep_the_columns(bob_client, make_conversation):
    for _ in range(51):
        make_conversation(version="v1")
    response = bob_client.get(
        URL, {"provider": "livekit", "version": "v1", "columns": "reference,turns"}
    )
    content = response.content.decode()
    assert f'href="{URL}?version=v1&amp;columns=reference,turns"' in content
    assert '<input type="hidden" name="columns" value="reference,turns">' in content
    assert f'class="z-chip-clear" href="{URL}?columns=reference,turns"' in content
    older = bob_client.get(f"{URL}{response.context['older_url']}")
    assert headings(older) == ["Reference", "Turns"]


def test_columns_alone_are_no_filter(bob_client, make_conversation):
    conversation = make_conversation()
    response = bob_client.get(URL, {"columns": "reference"})
    assert headings(response) == ["Reference"]
    assert "z-chip" not in response.content.decode()
    page = bob_client.get(f"{URL}/{conversation.id}", {"columns": "reference"})
    assert "Conversations, filtered" not in page.content.decode()
    assert f'href="{URL}?columns=reference"' in page.content.decode()


def test_a_choice_is_remembered_for_that_person_in_that_organization(
    bob_client, alice_client, make_conversation
):
    make_conversation()
    response = bob_client.post(
        CHOOSE,
        {
            "query": "provider=livekit",
            "columns": ["reference", "turns", "metadata.x"],
            "another": " campaign, spring ",
        },
    )
    columns = "reference,turns,metadata.x,metadata.campaign%252C+spring"
    assert response["Location"] == f"{URL}?provider=livekit&columns={columns}"
    chosen = ["Reference", "Turns", "x", "campaign, spring"]
    assert headings(bob_client.get(URL)) == chosen
    assert headings(alice_client.get(URL)) != chosen
    # What an address names is shown, and changes nothing.
    bob_client.get(URL, {"columns": "reference"})
    assert headings(bob_client.get(URL)) == chosen


def test_the_usual_columns_come_back(bob_client, make_conversation):
    make_conversation()
    bob_client.post(CHOOSE, {"columns": ["turns"]})
    response = bob_client.post(
        CHOOSE, {"columns": ["turns"], "usual": "1", "query": "columns=turns&q=x"}
    )
    assert response["Location"] == f"{URL}?q=x"
    assert len(headings(bob_client.get(URL))) == len(DEFAULT_COLUMNS) + 1
    assert not ColumnChoice.objects.exists()


def test_nothing_ticked_leaves_the_reference(bob_client, make_conversation):
    make_conversation()
    response = bob_client.post(CHOOSE, {})
    assert response["Location"] == f"{URL}?columns=reference"
    assert headings(bob_client.get(URL)) == ["Reference"]


def test_too_many_of_metadata_are_told(bob_client, make_conversation):
    make_conversation()
    response = bob_client.post(
        CHOOSE, {"columns": [f"metadata.{number}" for number in range(6)]}, follow=True
    )
    assert "At most 5 columns are of metadata" in response.content.decode()
    assert len(headings(response)) == 6


def test_choosing_refuses_an_outsider(charlie_client, organization):
    assert charlie_client.post(CHOOSE, {"columns": "turns"}).status_code == 404


def test_a_choice_goes_with_its_person(bob_client, bob):
    bob_client.post(CHOOSE, {"columns": ["turns"]})
    Membership.objects.get(user=bob).delete()
    assert not ColumnChoice.objects.exists()


def test_the_menu_offers_keys_that_were_seen(bob_client, organization):
    for number in range(20):
        SeenValue.objects.create(
            organization=organization,
            kind=SeenValue.Kind.METADATA_KEY,
            value=f"key-{number:02}",
            last_seen_at=NOON,
        )
    menu = bob_client.get(URL, {"columns": "metadata.key-19"}).context["menu"]
    assert [choice.label for choice in menu.metadata if choice.is_chosen] == ["key-19"]
    assert len(menu.metadata) == 12
    assert menu.metadata[1].value == "metadata.key-00"


def test_a_poll_keeps_the_columns_that_its_page_shows(bob_client, make_conversation):
    make_conversation()
    shown = "reference,agent,metadata.x"
    page = bob_client.get(URL, {"columns": shown})
    assert f'data-live-shown="{shown}"' in page.content.decode()
    bob_client.post(CHOOSE, {"columns": ["turns"]})  # in another tab
    poll = bob_client.get(URL, {"shown": shown}, headers=POLL)
    assert headings(poll) == ["Reference", "Agent", "x"]


def test_metadata_of_rows_is_one_query_more_and_never_loaded_whole(
    bob_client, make_conversation
):
    bob_client.get(URL)
    query = {"columns": "turns,metadata.a,metadata.b"}
    for _ in range(5):
        make_conversation(metadata={"a": "1", "b": "2", "large": "x" * 10_000})
    with CaptureQueriesContext(connection) as usual:
        bob_client.get(URL, {"columns": "turns"})
    with CaptureQueriesContext(connection) as few:
        bob_client.get(URL, query)
    for _ in range(40):
        make_conversation(metadata={"a": "1", "b": "2", "large": "x" * 10_000})
    with CaptureQueriesContext(connection) as many:
        bob_client.get(URL, query)
    assert len(many) == len(few) == len(usual) + 1
    statements = " ".join(one["sql"] for one in many.captured_queries)
    assert statements.count("jsonb_extract_path_text") == 2
    assert not re.search(r'"metadata"(?!, \')', statements)
