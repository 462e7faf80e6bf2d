"""Whatever the order, number and concurrency of the posts: the same conversation as
applying the log one after another."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest import MonkeyPatch

from accounts.models import Organization
from conversations.models import Charge, Conversation
from integrations.delivery_log import read as log_reader
from integrations.models import Delivery
from integrations.models.delivery import MAX_BATCHED_BYTES
from integrations.processing import by_call
from integrations.processing import worker as processing_worker
from tests.plain_fold import expected

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = st.sampled_from(["a", "b", "c"])
TURN = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"]), "content": WORDS}
)
BODY = st.fixed_dictionaries(
    {
        "call": st.fixed_dictionaries(
            {"externalId": st.sampled_from(["one", "two"])},
            optional={
                "startedAt": st.sampled_from([1_700_000_000, 1_700_000_050]),
                "endedAt": st.sampled_from([1_700_000_060, 1_700_000_020]),
                "durationSeconds": st.sampled_from([1, 2.5, None]),
                "endedReason": WORDS,
                "customer": st.fixed_dictionaries(
                    {}, optional={"name": WORDS, "number": WORDS}
                ),
            },
        ),
        "agent": st.fixed_dictionaries(
            {"externalId": WORDS}, optional={"name": st.sampled_from(["A", "B"])}
        ),
    },
    optional={
        "metadata": st.dictionaries(WORDS, st.sampled_from([1, 2, None]), max_size=3),
        "systemPrompt": WORDS,
        "version": WORDS,
        "transcript": st.fixed_dictionaries({"turns": st.lists(TURN, max_size=3)}),
        # Makes it so large that it is worked on apart.
        "unknown": st.just(" " * MAX_BATCHED_BYTES),
    },
)
# From where on a call is too large to be stored with others: rows of its past, bytes of
# its transcript, bytes of what is put on top at once.
SMALL = st.tuples(
    st.sampled_from([0, 2, 200]),
    st.sampled_from([0, 10**6]),
    st.sampled_from([0, 10**9]),
)
# What Zelto heard, which comes after at least one post of its call.
HEARD = st.fixed_dictionaries(
    {
        "call": st.fixed_dictionaries({"externalId": st.sampled_from(["one", "two"])}),
        "transcript": st.fixed_dictionaries(
            {
                "turns": st.lists(
                    st.fixed_dictionaries({"role": st.just("user"), "content": WORDS}),
                    max_size=2,
                )
            }
        ),
        "transcription": st.just({"madeBy": "a model"}),
    }
)


def shown(row: Conversation) -> dict[str, Any]:
    return {
        "started": row.started_at and row.started_at.timestamp(),
        "ended": row.ended_at and row.ended_at.timestamp(),
        "duration": row.duration_seconds,
        "reason": row.ended_reason,
        "customer": (row.customer_name, row.customer_number),
        "version": row.version,
        "agent": row.agent.external_id,
        "metadata": row.metadata,
        "turns": row.transcript.turns,
        "prompt": row.transcript.system_prompt,
    }


def append(organization: Organization, sequence: int, body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    Delivery.objects.create(
        sequence=sequence,
        organization=organization,
        provider="zelto",
        external_id=body["call"]["externalId"],
        status=200,
        outcome="accepted",
        source="transcription" if "transcription" in body else "post",
        body=data,
        size=len(data),
    )


def name_of(body: dict[str, Any]) -> str:
    name: str = body["call"]["externalId"]
    return name


def without_unposted(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    posted: set[str] = set()
    kept = []
    for body in bodies:
        if "transcription" not in body:
            posted.add(name_of(body))
        if name_of(body) in posted:
            kept.append(body)
    return kept


def is_first_before_heard(
    one: tuple[int, dict[str, Any]], numbered: list[tuple[int, dict[str, Any]]]
) -> bool:
    same = [other for other in numbered if name_of(other[1]) == name_of(one[1])]
    return one == same[0] and any("transcription" in body for _, body in same)


def received_at(sequence: int) -> datetime:
    return Delivery.objects.get(sequence=sequence).received_at


def work(limit: int) -> None:
    """One worker, until nothing waits that is not the other's."""
    while processing_worker.process_batch(limit):
        pass
    connection.close()


def work_together(limits: tuple[int, int], small: tuple[int, int, int]) -> None:
    """Two workers, until nothing waits."""
    rows, transcript_bytes, new_bytes = small
    with MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(log_reader, "MAX_SMALL_ROWS", rows)
        patch.setattr(processing_worker, "MAX_TRANSCRIPT_BYTES", transcript_bytes)
        patch.setattr(by_call, "MAX_NEW_BYTES", new_bytes)
        list(pool.map(work, limits))
        # What one put back may have come when the other had just looked.
        while processing_worker.process_batch():
            pass


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    bodies=st.lists(st.one_of(BODY, BODY, HEARD), min_size=1, max_size=14),
    duplicates=st.integers(0, 3),
    waves=st.integers(1, 3),
    limits=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    small=SMALL,
    random=st.randoms(use_true_random=False),
)
def test_two_workers_come_to_the_state_of_a_plain_fold(
    bodies: list[dict[str, Any]],
    duplicates: int,
    waves: int,
    limits: tuple[int, int],
    small: tuple[int, int, int],
    random: Any,
    db: None,
) -> None:
    organization = Organization.objects.create(name="x", slug=uuid.uuid4().hex)
    bodies = without_unposted(bodies + random.choices(bodies, k=duplicates))
    start = (Delivery.objects.order_by("-sequence").first() or Delivery()).sequence or 0
    numbered = [(start + n, body) for n, body in enumerate(bodies, 1)]
    # What was stored first may be seen last: its transaction took longer. But nothing
    # is heard of a call that has no conversation yet.
    before = [one for one in numbered if is_first_before_heard(one, numbered)]
    rest = [one for one in numbered if one not in before]
    shuffled = random.sample(rest, len(rest))
    for wave in [before, *(shuffled[wave::waves] for wave in range(waves))]:
        for sequence, body in wave:
            append(organization, sequence, body)
        work_together(limits, small)

    rows = Conversation.objects.select_related("agent", "transcript")
    found = {row.external_id: row for row in rows.filter(organization=organization)}
    told: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for sequence, body in numbered:
        told.setdefault(body["call"]["externalId"], []).append((sequence, body))
    assert found.keys() == told.keys()
    for name, parts in told.items():
        assert shown(found[name]) == expected([body for _, body in parts])
        assert found[name].applied_through == parts[-1][0]
        first, last = parts[0][0], parts[-1][0]
        assert found[name].created_at == received_at(first)
        assert found[name].updated_at >= received_at(last)
    assert Charge.objects.filter(organization=organization).count() == len(found)
    left = Delivery.objects.filter(organization=organization).exclude(
        outcome="processed"
    )
    assert not left.exists()


def test_a_name_is_that_of_the_first_delivery_in_the_log(
    organization: Organization,
) -> None:
    for sequence, name in [(2, "Second"), (3, "Third"), (1, "First")]:
        body = {
            "call": {"externalId": name},
            "agent": {"externalId": "a", "name": name},
        }
        append(organization, sequence, body)
        work(10)

    assert Conversation.objects.get(external_id="Third").agent.name == "First"
