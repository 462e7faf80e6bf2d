"""Pages of a search: always those that testing every row would give."""

import random
from datetime import timedelta
from itertools import count, pairwise

import pytest

from conversations.models import Conversation
from conversations.search import index_query, page_search
from conversations.search.filters import Filters, narrow
from conversations.search.page_search import Search, days, months
from tests.conversations.conftest import NOON

WORDS = ["hello", "order", "lamp", "late", "refund", "zebra"]


def said(text):
    return [{"role": "user", "content": text}]


@pytest.fixture
def small_steps(monkeypatch):
    """So that few rows need every step that many would."""
    monkeypatch.setattr(page_search, "WALKED", 4)
    monkeypatch.setattr(page_search, "BOUND", 3)


@pytest.fixture
def two_years(make_agent, make_conversation, make_findable):
    """Sixty conversations over two years, several to a day, days and months without."""
    dice, more = random.Random(7), random.Random(8)  # noqa: S311 - no secret
    agents = [make_agent(), make_agent(provider="zelto")]
    for number in range(60):
        agent = dice.choice(agents)
        at = NOON - timedelta(days=dice.choice([0, 1, 2, 40, 41, 200, 400, 700]))
        make_conversation(
            agent=agent,
            provider=agent.provider,
            external_id=f"RM_{number:02}-{number % 3}",
            customer_name=dice.choice(["Ada Lovelace", "Grace Hopper", ""]),
            ended_reason=dice.choice(["hangup", "timeout", ""]),
            version=dice.choice(["v1", "v2"]),
            has_audio=dice.random() < 0.2,
            outcome=dice.choice(["success", "fail", ""]),
            metadata={"campaign": dice.choice(["spring", "fall"]), "n": number % 5}
            | judged(more),
            is_test=more.random() < 0.2,
            created_at=at + timedelta(seconds=dice.choice([0, 0, 1, 2, 3, 7200])),
            turns=said(" ".join(dice.sample(WORDS, 2))) if number % 7 else None,
        )
    make_findable()
    return agents


def judged(dice):
    verdicts = ["pass", "fail", "maybe"]
    judges = dice.sample(["tone", "accuracy"], dice.randrange(3))
    return {
        "tags": dice.sample(["vip", "lk.fail", "callback"], dice.randrange(3)),
        "evaluations": [
            {"name": judge, "verdict": dice.choice(verdicts)} for judge in judges
        ],
    }


def every_question(agents):
    first, second = agents
    return [
        Filters(text="hello"),
        Filters(text="lamp lat"),
        Filters(text="hello order lamp"),
        Filters(text="z"),
        Filters(text="nobody"),
        Filters(text="rm"),
        Filters(text="ada hel"),
        Filters(text="!!!"),
        Filters(text="hello", agent=first.id),
        Filters(text="hello", reference="ada"),
        Filters(text="hello o", reference="rm", version="v1"),
        Filters(text="la", reference="grace", ended_reason="timeout"),
        Filters(reference="rm_1"),
        Filters(reference="lovel"),
        Filters(reference="hello"),
        Filters(reference_id="RM_05-2"),
        Filters(reference_id="RM_05-2", version="v1"),
        Filters(agent=first.id, provider="livekit"),
        Filters(agent=first.id, provider="zelto"),
        Filters(provider="zelto", version="v2"),
        Filters(ended_reason="timeout"),
        Filters(ended_reason="nothing"),
        Filters(version="v1", has_audio=True),
        Filters(has_audio=True, ended_reason="hangup", agent=second.id),
        Filters(outcome="fail"),
        Filters(outcome="success", has_audio=True),
        Filters(has_transcript=False),
        Filters(has_transcript=True, text="zebra"),
        Filters(tag="vip"),
        Filters(judge="tone"),
        Filters(judge="tone", verdict="fail"),
        Filters(verdict="fail", is_test=True),
        Filters(is_test=False, tag="vip"),
        Filters(is_test=True),
        Filters(metadata=(("campaign", "spring"),)),
        Filters(metadata=(("campaign", "fall"), ("n", "3"))),
        Filters(since=NOON - timedelta(days=41), text="hello"),
        Filters(until=NOON - timedelta(days=3), ended_reason="timeout"),
        Filters(
            since=NOON - timedelta(days=300), until=NOON - timedelta(days=30), text="o"
        ),
    ]


@pytest.mark.parametrize("number", range(31))
def test_every_page_is_what_testing_every_row_gives(
    organization, two_years, small_steps, number
):
    filters = every_question(two_years)[number]
    everything = Conversation.objects.in_organization(organization)
    fitting = narrow(everything, filters, organization=organization)
    expected = list(fitting.newest_first())
    found = Search(organization, filters)
    assert found.next_older(None, 100) == expected
    rows: list[Conversation] = []
    while page := found.next_older(
        (rows[-1].created_at, rows[-1].id) if rows else None, 2
    ):
        rows += page
    assert rows == expected
    if rows:
        back = [rows[-1]]
        while page := found.next_newer((back[-1].created_at, back[-1].id), 3):
            back += page
        assert back == expected[::-1]


def test_every_question_is_asked(two_years):
    assert len(every_question(two_years)) == 39


def test_words_are_found_in_turns_names_numbers_and_references(
    organization, make_conversation, make_findable
):
    make_conversation(
        external_id="RM_9fQx-12",
        customer_name="Ada Lovelace",
        customer_number="+49 170 1234567",
        turns=[
            {"role": "assistant", "content": "Good morning"},
            {
                "role": "tool",
                "toolName": "lookup_order",
                "arguments": '{"order_id": "NX-77"}',
            },
        ],
    )
    make_conversation(external_id="other", turns=said("Good evening"))
    make_findable()
    for text in (
        *("morning", "good morn", "MORNING", "lovelace", "ada good", "rm_9f", "9fqx"),
        *("+49 170 1234567", "01701234567", "1701234567", "4567", "nx-77", "lookup"),
    ):
        found = Search(organization, Filters(text=text)).next_older(None, 9)
        assert [row.external_id for row in found] == ["RM_9fQx-12"], text


def test_the_system_prompt_is_not_searched_but_other_system_turns_are(
    organization, make_conversation, make_findable
):
    make_conversation(
        system_prompt="You are Robin",
        turns=[
            {"role": "system", "content": "You are Robin"},
            {"role": "system", "content": "Handed over to billing"},
        ],
    )
    make_findable()
    assert not Search(organization, Filters(text="robin")).next_older(None, 9)
    assert Search(organization, Filters(text="billing")).next_older(None, 9)


def test_nothing_of_another_organization_is_found(
    organization, other_organization, make_conversation, make_agent, make_findable
):
    theirs = make_agent(organization=other_organization)
    make_conversation(agent=theirs, turns=said("secret"), ended_reason="secret")
    make_findable()
    for filters in (Filters(text="secret"), Filters(ended_reason="secret")):
        assert not Search(organization, filters).next_older(None, 9)
        assert Search(other_organization, filters).next_older(None, 9)


def test_a_fact_that_changed_is_right_before_it_is_indexed(
    organization, make_conversation, make_findable, small_steps
):
    rows = [make_conversation(version="v1", applied_through=1) for _ in range(20)]
    make_findable()
    # Not among the newest, and only its job tells.
    Conversation.objects.filter(id=rows[0].id).update(version="v2")
    found = Search(organization, Filters(version="v2")).next_older(None, 9)
    assert found == [rows[0]]
    still = Search(organization, Filters(version="v1")).next_older(None, 50)
    assert still == rows[:0:-1]


@pytest.mark.parametrize("often", [0.0, 0.1, 1.0])
def test_a_common_beginning_is_tested_in_the_rows(
    organization, make_conversation, make_findable, small_steps, monkeypatch, often
):
    for module in (page_search, index_query):
        monkeypatch.setattr(module, "COMMON", often)
    numbers = count()
    for text in ("rare thing", *["thing"] * 10, "rare", "rare thin", *["this"] * 5):
        make_conversation(
            external_id=f"{next(numbers)}",
            turns=said(text),
            created_at=NOON - timedelta(days=next(numbers)),
        )
    make_findable()
    found = Search(organization, Filters(text="rare th")).next_older(None, 9)
    assert [row.external_id for row in found] == ["0", "24"]


def test_months_and_days_cover_all_time_between():
    spans = months(NOON - timedelta(days=800), NOON)
    assert spans[0].since <= NOON - timedelta(days=800)
    assert spans[-1].until > NOON
    for earlier, later in pairwise(spans):
        assert earlier.until == later.since
    for span in spans:
        inside = days(span)
        assert (inside[0].since, inside[-1].until) == (span.since, span.until)
        assert span.since.day == 1
