"""Every filter of the list, from the address to the rows and the chips."""

from html import unescape

import pytest

URL = "/org/acme/conversations"
NASTY = "<script>alert(1)</script>"


def said(text):
    return [{"role": "user", "content": text}]


def references(response):
    return [row.conversation.external_id for row in response.context["rows"]]


@pytest.fixture
def two(make_conversation, make_findable):
    make_conversation(
        external_id="wanted",
        ended_reason="timeout",
        version="v2",
        outcome="fail",
        has_audio=True,
        is_test=True,
        metadata={
            "campaign": "spring",
            "seats": 3,
            "vip": True,
            "tags": ["asked for a human"],
            "evaluations": [{"name": "tone", "verdict": "maybe"}],
        },
        turns=said("I have a missing order"),
        applied_through=1,
    )
    make_conversation(
        external_id="other",
        ended_reason="hangup",
        version="v1",
        metadata={"campaign": "fall"},
        applied_through=1,
    )
    make_findable()


@pytest.mark.parametrize(
    ("query", "chip"),
    [
        ("q=missing+ord", "Says: missing ord"),
        ("ended_reason=timeout", "Ended: timeout"),
        ("version=v2", "Version: v2"),
        ("outcome=fail", "Outcome: Fail"),
        ("tag=asked+for+a+human", "Tag: asked for a human"),
        ("judge=tone", "Judge: tone"),
        ("verdict=maybe", "A judge says: maybe"),
        ("judge=tone&verdict=maybe", "A judge says: maybe"),
        ("is_test=true", "Test: yes"),
        ("has_audio=true", "Audio: yes"),
        ("has_transcript=true", "Transcript: yes"),
        ("metadata.campaign=spring", "campaign: spring"),
        ("metadata.seats=3", "seats: 3"),
        ("metadata.vip=true", "vip: true"),
        ("metadata_key=campaign&metadata_value=spring", "campaign: spring"),
        ("q=order&version=v2&metadata.campaign=spring", "Version: v2"),
    ],
)
def test_each_filter_narrows_and_is_a_chip(bob_client, two, query, chip):
    response = bob_client.get(f"{URL}?{query}")
    assert references(response) == ["wanted"]
    assert f"Remove the filter {chip}" in response.content.decode()


def test_the_other_half_of_yes_and_no(bob_client, two):
    for query in ("has_audio=false", "has_transcript=false"):
        assert references(bob_client.get(f"{URL}?{query}")) == ["other"]


def test_a_chip_takes_only_its_own_filter_away(bob_client, two):
    query = "version=v2&metadata.campaign=spring&metadata.seats=3"
    chips = bob_client.get(f"{URL}?{query}").context["chips"]
    assert {chip.label: chip.query for chip in chips} == {
        "Version": "metadata.campaign=spring&metadata.seats=3",
        "campaign": "version=v2&metadata.seats=3",
        "seats": "version=v2&metadata.campaign=spring",
    }


def test_half_a_metadata_filter_says_what_is_missing(bob_client, two):
    response = bob_client.get(f"{URL}?metadata_key=campaign")
    assert "A metadata filter takes a key and a value" in response.content.decode()
    assert len(references(response)) == 2


def test_values_that_were_seen_are_suggested(bob_client, two):
    content = bob_client.get(URL).content.decode()
    for value in ("timeout", "hangup", "v1", "v2", "campaign", "seats"):
        assert f'<option value="{value}"></option>' in content


def test_a_hit_is_shown_marked_and_leads_to_its_turn(bob_client, two):
    content = unescape(bob_client.get(f"{URL}?q=missing").content.decode())
    assert "I have a <mark>missing</mark> order" in content
    assert "?q=missing&at=1#turn-1" in content


def test_a_hit_is_escaped(bob_client, make_conversation, make_findable):
    make_conversation(turns=said(f"hello {NASTY}"))
    make_findable()
    content = bob_client.get(URL, {"q": "hello alert"}).content.decode()
    assert "<mark>hello</mark>" in content
    assert NASTY not in content


def test_the_exact_reference_comes_first(bob_client, make_conversation, make_findable):
    make_conversation(external_id="RM_1")
    make_conversation(external_id="RM_1-again")
    make_findable()
    assert references(bob_client.get(URL, {"reference": "RM_1"}))[0] == "RM_1"


def test_the_exact_reference_is_found_before_it_is_indexed(
    bob_client, make_conversation
):
    make_conversation(external_id="RM_1")
    assert references(bob_client.get(URL, {"reference": "RM_1"})) == ["RM_1"]


def test_nothing_of_another_organization_is_suggested(charlie_client, two):
    content = charlie_client.get("/org/globex/conversations").content.decode()
    assert "campaign</option>" not in content
    assert '<option value="timeout">' not in content


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%ed%a0%80",
        "q=" + "x+" * 3000,
        "q=%27%5C%3A%2A%26%7C%21",
        "has_audio=maybe",
        "metadata.=x",
        "metadata.x=",
        "metadata.%27%22=%27%5C",
        "&".join(f"metadata.k{n}=v" for n in range(99)),
        "version=" + "v" * 999,
    ],
)
def test_a_damaged_filter_still_opens(bob_client, two, query):
    assert bob_client.get(f"{URL}?{query}").status_code == 200
