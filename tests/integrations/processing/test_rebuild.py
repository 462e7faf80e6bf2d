"""`manage.py rebuild`: the same rows again, from the log alone."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organization
from conversations.models import Charge, Conversation, Transcript
from integrations.delivery_log import read as log_reader
from integrations.management.commands.rebuild import bar
from integrations.models import Delivery
from integrations.processing import rebuild as retelling
from integrations.processing import worker as processing_worker
from integrations.processing.rebuild import Progress
from tests.integrations.conftest import Post, session
from tests.integrations.processing.test_fold_property import BODY

pytestmark = pytest.mark.django_db(transaction=True)
Process = Callable[[], None]
TABLES = (
    "conversations_conversation",
    "conversations_transcript",
    "conversations_charge",
    "conversations_agent",
    "integrations_delivery",
)
# What the fold has to carry through jsonb and back unchanged.
NUMBERS = [0, -0.0, 1.0, 0.1, 1e22, 1.5e-7, 5e-324, 2**70, -1.25, 1e300]
VALUE = st.recursive(
    st.sampled_from([*NUMBERS, True, False, None, "é", "\U0001f600", "", "\\u0000"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["b", "aa", "a"]), inner, max_size=2)
    ),
    max_leaves=6,
)
FURTHER = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.dictionaries(st.sampled_from("xyz"), VALUE, max_size=3),
        "cost": st.sampled_from([0, 0.0421, "1.23456789", 1e-7, 12345678.9]),
        "recordingUrl": st.sampled_from(["https://a.test/1", "https://a.test/2?x=1"]),
        "durationSeconds": st.sampled_from([0, 0.1, 1e-7, 86400.123456]),
        "metrics": VALUE,
    },
)


def snapshot() -> dict[str, list[str]]:
    """All columns of all rows, as text."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t ORDER BY 1")  # noqa: S608
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def rebuild(*arguments: str) -> str:
    output = io.StringIO()
    call_command("rebuild", *arguments, stdout=output)
    return output.getvalue()


def damage() -> None:
    Conversation.objects.update(
        metadata={"damaged": True},
        duration_seconds=1,
        sent_duration_seconds=None,
        started_at=None,
        cost=7,
        customer_name="damaged",
        turn_count=99,
        has_transcript=False,
        is_test=True,
        applied_through=1,
    )
    Transcript.objects.update(
        turns=[], system_prompt="damaged", prompt_is_explicit=True
    )


def append(
    organization: Organization, provider: str, body: dict[str, Any], sequence: int
) -> None:
    data = json.dumps(body).encode()
    Delivery.objects.create(
        sequence=sequence,
        organization=organization,
        provider=provider,
        external_id=body["call"]["externalId"],
        status=200,
        outcome="accepted",
        body=data,
        size=len(data),
    )


def varied(body: dict[str, Any], further: dict[str, Any]) -> dict[str, Any]:
    """A body of the plain fold's test, with what that one leaves out."""
    further = dict(further)
    body = {**body, "call": dict(body["call"])}
    for name in ("cost", "recordingUrl", "durationSeconds"):
        if name in further:
            body["call"][name] = further.pop(name)
    turns = body.get("transcript", {}).get("turns", [])
    body["transcript"] = {
        "turns": [{**turn, "extra": further.get("metrics")} for turn in turns]
    }
    if "metadata" in further:
        body["metadata"] = further["metadata"]
    return body


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    posts=st.lists(
        st.tuples(BODY, FURTHER, st.sampled_from(["zelto", "livekit"])),
        min_size=1,
        max_size=12,
    ),
    seed=st.integers(0, 1000),
    small_bytes=st.sampled_from([0, 10**6]),
)
def test_it_gives_the_same_rows_to_the_byte(
    posts: list[tuple[Any, Any, str]], seed: int, small_bytes: int, db: None
) -> None:
    Conversation.objects.all().delete()
    Organization.objects.all().delete()
    organization = Organization.objects.create(name="x", slug="x")
    newest = Delivery.objects.order_by("-sequence").first()
    start = newest.sequence if newest else 0
    numbered = list(enumerate(posts, start + 1))
    shuffled = random.Random(seed).sample(numbered, len(numbered))  # noqa: S311
    for wave in range(2):
        for sequence, (body, further, provider) in shuffled[wave::2]:
            append(organization, provider, varied(body, further), sequence)
        while processing_worker.process_batch(2):
            pass
    before = snapshot()

    with pytest.MonkeyPatch.context() as patch:
        # Over so many bytes a call is folded apart.
        patch.setattr(log_reader, "MAX_SMALL_BYTES", small_bytes)
        rebuild()
        assert snapshot() == before
        updated = list(Conversation.objects.values_list("pk", "updated_at"))
        damage()
        rebuild()
    for pk, updated_at in updated:
        Conversation.objects.filter(pk=pk).update(updated_at=updated_at)
    assert snapshot() == before


def test_it_heals_what_was_damaged(post: Post, process: Process) -> None:
    post(session(call={"durationSeconds": 12}, metadata={"a": 1}, systemPrompt="Hi."))
    post(session("call-2"))
    process()
    before = snapshot()
    damage()
    assert snapshot() != before
    updated = dict(Conversation.objects.values_list("pk", "updated_at"))
    assert "2 of 2 conversations folded again." in rebuild()
    # That they were healed is told; all else is as it was.
    for row in Conversation.objects.all():
        assert row.updated_at > updated[row.pk]
        Conversation.objects.filter(pk=row.pk).update(updated_at=updated[row.pk])
    assert snapshot() == before


def test_it_does_not_turn_back_when_a_call_was_updated(
    post: Post, process: Process
) -> None:
    post(session(call={"durationSeconds": 12}))
    process()
    stored_at = Conversation.objects.get().updated_at + timedelta(seconds=9)
    Conversation.objects.update(has_audio=True, updated_at=stored_at)
    rebuild()
    assert Conversation.objects.get().updated_at == stored_at
    damage()
    rebuild()
    assert Conversation.objects.get().updated_at > stored_at


def test_it_keeps_what_the_log_does_not_know(post: Post, process: Process) -> None:
    post(session())
    process()
    Conversation.objects.update(has_audio=True)
    Charge.objects.all().delete()
    rebuild()
    assert Conversation.objects.get().has_audio
    assert not Charge.objects.exists()


def test_a_call_whose_bodies_have_expired_stays_as_it_is(
    post: Post, process: Process
) -> None:
    for name in ("old", "new", "old"):
        post(session(name))
    process()
    oldest = Delivery.objects.order_by("sequence")[0]
    Delivery.objects.filter(pk=oldest.pk).update(body=None)
    Conversation.objects.update(turn_count=9)

    said = rebuild()

    assert "1 of 2 conversations folded again." in said
    assert "1 stay as they are: bodies of theirs have expired" in said
    assert Conversation.objects.get(external_id="old").turn_count == 9
    assert Conversation.objects.get(external_id="new").turn_count == 2


def test_one_that_no_longer_reads_holds_up_no_other(
    post: Post, process: Process
) -> None:
    for number in range(3):
        post(session(f"call-{number}"))
    process()
    Delivery.objects.filter(external_id="call-1").update(body=b"[]")
    Conversation.objects.update(turn_count=9)
    said = rebuild()
    assert "2 of 3 conversations folded again." in said
    assert "1 stay as they are: bodies of theirs no longer read" in said
    assert Conversation.objects.filter(turn_count=2).count() == 2


def test_it_rebuilds_one_organization_only(
    post: Post, process: Process, organization: Organization, make_key: Any
) -> None:
    other = Organization.objects.create(name="Globex Inc", slug="globex")
    post(session())
    post(session(), key=make_key(other)[1])
    process()
    for named in ("globex", "globex inc"):
        Conversation.objects.update(turn_count=9)
        rebuild("--organization", named)
        counts = dict(
            Conversation.objects.values_list("organization__slug", "turn_count")
        )
        assert counts == {"acme": 9, "globex": 2}
    with pytest.raises(CommandError, match="no organization"):
        rebuild("--organization", "nobody")


def test_it_rebuilds_what_arrived_since(
    post: Post, process: Process, organization: Organization
) -> None:
    # 2026-01-09T23:30Z is the tenth in Berlin.
    organization.time_zone = "Europe/Berlin"
    organization.save()
    post(session())
    process()
    moment = "2026-01-09T23:30:00Z"
    Delivery.objects.update(received_at=moment)
    Conversation.objects.update(created_at=moment, turn_count=9)
    assert "0 of 0" in rebuild("--since", "2026-01-10")
    assert "0 of 0" in rebuild("--since", "2026-01-11", "--organization", "acme")
    assert "1 of 1" in rebuild("--since", "2026-01-10", "--organization", "acme")
    with pytest.raises(CommandError, match="not a date"):
        rebuild("--since", "soon")


def test_it_goes_in_small_batches_of_calls_and_of_bytes(
    post: Post, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        post(session(f"call-{number}"))
    process()
    size = Delivery.objects.all()[0].size
    monkeypatch.setattr(retelling, "BATCH", 5)
    monkeypatch.setattr("integrations.processing.worker.CHUNK_BYTES", 3 * size)
    steps = [(one.done, one.total) for one in retelling.rebuild()]
    assert steps == [(0, 7), (3, 7), (5, 7), (7, 7)]


def test_what_arrives_while_it_runs_is_kept(post: Post, process: Process) -> None:
    post(session(metadata={"first": 1}))
    process()
    run = retelling.rebuild(since=Delivery.objects.get().received_at - timedelta(1))
    next(run)
    post(session(metadata={"second": 2}))
    process()
    list(run)
    assert Conversation.objects.get().metadata == {"first": 1, "second": 2}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar(post: Post, process: Process) -> None:
    post(session())
    process()
    terminal = Terminal()
    call_command("rebuild", stdout=terminal, no_color=True)
    assert f"\r[{'.' * 30}] 0 of 1\r[{'#' * 30}] 1 of 1\n1 of 1 con" in (
        terminal.getvalue()
    )
    assert "\r" not in rebuild()


def test_the_bar_bears_an_empty_log_and_a_growing_one() -> None:
    assert bar(Progress(total=0)).startswith("[....")
    assert bar(Progress(total=2, done=3)).endswith("] 3 of 3")
