"""The worker's pass that makes conversations findable."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from conversations.models import Conversation, SearchEntry, SearchJob, SeenValue
from conversations.projection.erased_calls import erase_rows
from conversations.search import index_worker, lexemes, searched_text
from conversations.search.filters import Filters
from conversations.search.index_worker import index_batch
from conversations.search.page_search import Search
from conversations.search.suggestions import KEPT, seen_values
from tests.conversations.conftest import NOON


def said(text):
    return [{"role": "user", "content": text}]


def found(organization, text):
    rows = Search(organization, Filters(text=text)).next_older(None, 50)
    return [row.external_id for row in rows]


def index_all():
    while index_batch():
        pass


def waiting():
    return list(SearchJob.objects.values_list("conversation_id", flat=True))


def test_what_is_stored_waits_for_the_index_and_is_then_found(
    organization, make_conversation
):
    row = make_conversation(turns=said("hello"), applied_through=1)
    assert waiting() == [row.id]
    assert found(organization, "hello") == []
    assert index_batch() == 1
    assert waiting() == []
    assert found(organization, "hello") == [row.external_id]


def test_a_stub_that_is_about_to_be_filled_does_not_wait(make_conversation):
    make_conversation()
    assert waiting() == []


def test_whatever_changes_a_conversation_has_it_indexed_again(
    organization, make_conversation, make_agent
):
    row = make_conversation(turns=said("hello"), applied_through=1)
    index_all()
    other = make_agent()
    Conversation.objects.filter(id=row.id).update(agent=other, customer_name="Ada")
    row.transcript.turns = said("goodbye")
    row.transcript.save()
    index_all()
    assert found(organization, "hello") == []
    assert found(organization, "goodbye ada") == [row.external_id]
    only_theirs = Filters(agent=other.id, text="goodbye")
    assert Search(organization, only_theirs).next_older(None, 9) == [row]


def test_an_erased_conversation_takes_its_words_along(organization, make_conversation):
    row = make_conversation(turns=said("hello"), applied_through=1)
    other = make_conversation(turns=said("hello"), applied_through=2)
    index_all()
    Conversation.objects.filter(id=row.id).update(version="v2")
    erase_rows(row)
    assert not SearchEntry.objects.filter(conversation_id=row.id).exists()
    index_all()
    assert waiting() == []
    assert found(organization, "hello") == [other.external_id]


def test_the_latest_goes_first(make_conversation):
    rows = [make_conversation(applied_through=1) for _ in range(3)]
    assert index_batch(1) == 1
    assert set(waiting()) == {rows[0].id, rows[1].id}


def test_one_worker_indexes_at_a_time(make_conversation, monkeypatch):
    make_conversation(applied_through=1)
    monkeypatch.setattr(index_worker, "_is_ours", lambda: False)
    assert index_batch() == 0
    assert len(waiting()) == 1


def test_one_that_cannot_be_indexed_fails_alone(
    organization, make_conversation, monkeypatch, caplog
):
    for text in ("hello", "poison", "hello"):
        make_conversation(turns=said(text), applied_through=1)

    def fragile(turns, prompt):
        if "poison" in turns[0]["content"]:
            raise ValueError("poison")
        return said_before(turns, prompt)

    said_before = searched_text.said
    monkeypatch.setattr(searched_text, "said", fragile)
    index_all()
    assert len(waiting()) == 1
    assert len(found(organization, "hello")) == 2
    assert "cannot be indexed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_one_that_cannot_be_indexed_takes_no_newer_one_along(
    organization, make_conversation, monkeypatch
):
    healthy = make_conversation(turns=said("hello"), applied_through=1)
    index_all()
    poison = make_conversation(turns=said("poison"), applied_through=1)
    said_before = searched_text.said
    other = connection.copy()
    tries = iter(range(9))

    def change_the_healthy_one(turns, prompt):
        """Another one changes at the very moment in which this one fails alone."""
        if "poison" in turns[0]["content"]:
            if next(tries) != 1:
                raise ValueError("poison")
            with other.cursor() as cursor:
                cursor.execute(
                    "UPDATE conversations_conversation SET customer_name = 'Ada' "
                    "WHERE id = %s",
                    [healthy.id],
                )
            raise ValueError("poison")
        return said_before(turns, prompt)

    monkeypatch.setattr(searched_text, "said", change_the_healthy_one)
    try:
        index_all()
    finally:
        other.close()
    assert found(organization, "ada") == [healthy.external_id]
    assert waiting() == [poison.id]


@pytest.fixture
def poisoned(monkeypatch):
    """What says "poison" cannot be indexed; the switch ends that."""
    said_before = searched_text.said
    switch = {"on": True}

    def fragile(turns, prompt):
        if switch["on"] and "poison" in turns[0]["content"]:
            raise ValueError("what a caller said, in the text of an error")
        return said_before(turns, prompt)

    monkeypatch.setattr(searched_text, "said", fragile)
    return switch


def come_due():
    SearchJob.objects.update(next_try_at=NOON)


def test_one_that_failed_keeps_its_job_and_is_tried_later(
    organization, make_conversation, poisoned, caplog
):
    row = make_conversation(turns=said("poison"), applied_through=1)
    index_all()
    job = SearchJob.objects.get()
    assert (job.conversation_id, job.attempts) == (row.id, 1)
    assert job.last_error == "ValueError"
    assert job.next_try_at
    assert job.next_try_at > timezone.now()
    assert f"Conversation {row.id} cannot be indexed" in caplog.text
    index_all()
    assert SearchJob.objects.get().attempts == 1
    poisoned["on"] = False
    come_due()
    index_all()
    assert waiting() == []
    assert found(organization, "poison") == [row.external_id]


def test_one_that_always_fails_is_given_up_and_its_job_stays(
    make_conversation, poisoned
):
    row = make_conversation(turns=said("poison"), applied_through=1)
    for _ in range(9):
        index_all()
        come_due()
    job = SearchJob.objects.get()
    assert (job.conversation_id, job.attempts) == (row.id, SearchJob.TRIES)


def test_what_changes_after_it_was_given_up_is_tried_at_once(
    organization, make_conversation, poisoned
):
    row = make_conversation(turns=said("poison"), applied_through=1)
    index_all()
    SearchJob.objects.update(attempts=SearchJob.TRIES)
    Conversation.objects.update(customer_name="Ada")
    index_all()
    assert SearchJob.objects.get().attempts == 1
    poisoned["on"] = False
    Conversation.objects.update(customer_name="Grace")
    index_all()
    assert waiting() == []
    assert found(organization, "grace") == [row.external_id]


def test_an_erased_conversation_takes_its_failed_job_along(make_conversation, poisoned):
    row = make_conversation(turns=said("poison"), applied_through=1)
    index_all()
    SearchJob.objects.update(attempts=SearchJob.TRIES)
    erase_rows(row)
    assert waiting() == []


def test_a_limit_of_the_database_that_one_is_over_stops_no_other(
    organization, make_conversation, monkeypatch
):
    make_conversation(turns=said("hello"), applied_through=1)
    poison = make_conversation(turns=said("poison"), applied_through=1)
    make_conversation(turns=said("hello"), applied_through=1)

    said_before = searched_text.said

    def too_long_a_word(turns, prompt):
        if "poison" in turns[0]["content"]:
            with connection.cursor() as cursor:
                cursor.execute("SELECT repeat('x', 3000)::tsvector")
        return said_before(turns, prompt)

    monkeypatch.setattr(searched_text, "said", too_long_a_word)
    index_all()
    assert len(found(organization, "hello")) == 2
    assert waiting() == [poison.id]


def test_it_bears_whatever_senders_write(organization, make_conversation):
    make_conversation(
        external_id="'\\ & | ! <-> :*",
        customer_name="\u202e\u0000"[:1] + "x" * 250,
        customer_number="no digits",
        metadata={"": 1, "a b'": "\\", "deep": {"x": 1}, "f": 1.5, "big": 10**30},
        turns=[
            {"role": "user", "content": " ".join(f"w{n}" for n in range(90_000))},
            {"role": "tool", "arguments": {"a": ["b"]}, "toolName": None},
            {"role": "user", "content": "東" * 60_000},
            {"role": "user"},
        ],
        applied_through=1,
    )
    make_conversation(
        turns=said("".join(chr(0x4E00 + n * 7919 % 20000) for n in range(150_000))),
        applied_through=1,
    )
    index_all()
    assert waiting() == []
    assert SearchEntry.objects.count() == 2
    for value in (("f", "1.5"), ("big", "1" + "0" * 30), ("a b'", "\\")):
        filters = Filters(metadata=(value,))
        assert Search(organization, filters).next_older(None, 9)


def test_the_index_says_what_the_row_says(organization, make_conversation):
    """Text of metadata as Postgres has it, whichever way it is found."""
    row = make_conversation(
        metadata={"yes": True, "no": False, "one": 1, "half": 0.5, "tiny": 1e-7},
        applied_through=1,
    )
    index_all()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, value FROM conversations_conversation, "
            "jsonb_each_text(metadata) WHERE id = %s",
            [row.id],
        )
        expected = {
            lexemes.tag_of(organization.id) + lexemes.metadata_fact(key, value)
            for key, value in cursor.fetchall()
        }
        cursor.execute(
            "SELECT unnest(tsvector_to_array(words)) FROM conversations_searchentry"
        )
        assert expected <= {word for (word,) in cursor.fetchall()}


def test_values_that_were_seen_are_suggested(organization, make_conversation):
    for number, version in enumerate(["v2", "v1", "v2", ""]):
        make_conversation(
            version=version,
            ended_reason="timeout",
            metadata={"campaign": number, "x" * 300: 1},
            applied_through=1,
        )
    index_all()
    kinds = SeenValue.Kind
    assert seen_values(organization, kinds.VERSION) == ["v1", "v2"]
    assert seen_values(organization, kinds.ENDED_REASON) == ["timeout"]
    assert seen_values(organization, kinds.METADATA_KEY) == ["campaign"]


def test_of_too_many_values_the_latest_are_kept(
    organization, other_organization, make_conversation
):
    for number in range(KEPT + 20):
        make_conversation(
            version=f"v{number:04}",
            created_at=NOON + timedelta(hours=2 * number),
            applied_through=1,
        )
    index_all()
    versions = seen_values(organization, SeenValue.Kind.VERSION)
    assert len(versions) == KEPT
    assert versions[0] == "v0020"
    assert seen_values(other_organization, SeenValue.Kind.VERSION) == []


@pytest.mark.django_db(transaction=True)
def test_a_conversation_that_is_being_written_waits_for_the_next_time(
    make_conversation,
):
    row = make_conversation(applied_through=1)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM conversations_conversation WHERE id = %s FOR UPDATE",
                [row.id],
            )
            assert index_batch() == 0
            assert waiting() == [row.id]
        other.rollback()
    finally:
        other.close()
    assert index_batch() == 1


def test_another_organization_does_not_wait_behind_a_backlog(
    make_conversation, make_agent, other_organization
):
    theirs = make_agent(organization=other_organization)
    older = make_conversation(agent=theirs, applied_through=1)
    rows = [make_conversation(applied_through=1) for _ in range(3)]

    assert index_batch(2) == 2

    assert set(waiting()) == {rows[0].id, rows[1].id}
    assert SearchEntry.objects.filter(conversation_id=older.id).exists()


@pytest.mark.parametrize("limit", ["MAX_SECONDS", "MAX_ENTRY_CHARACTERS"])
def test_a_batch_ends_where_it_takes_long_or_much(
    make_conversation, monkeypatch, limit
):
    rows = [make_conversation(turns=said("hi"), applied_through=1) for _ in range(3)]
    monkeypatch.setattr(index_worker, limit, 0)
    # Compressed, any transcript has more: each is read by itself.
    monkeypatch.setattr(index_worker, "MAX_READ_TOGETHER", 0)

    assert index_batch() == 1

    assert set(waiting()) == {rows[0].id, rows[1].id}
    index_all()
    assert waiting() == []


def test_one_that_takes_a_while_is_left_to_whom_it_is_not_in_the_way(
    make_conversation, monkeypatch
):
    large = make_conversation(turns=said("hello " * 200), applied_through=1)
    make_conversation(turns=said("hi"), applied_through=1)
    monkeypatch.setattr(index_worker, "MAX_READ_TOGETHER", 100)

    assert index_batch(with_large=False) == 1
    assert waiting() == [large.id]
    assert index_batch(with_large=False) == 0
    assert index_batch() == 1
