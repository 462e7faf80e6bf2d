"""Two agents in one room, of a version that uploads sessions without their jobs: chat
items tell them apart.
"""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db.models.functions import Now

from accounts.models import ApiKey, Organization
from conversations.models import Charge, Conversation
from integrations.models import Delivery, LiveKitCall
from tests.conftest import MakeKey
from tests.integrations.livekit_upload.recorded import (
    Request,
    requests_of,
    upload,
    upload_all,
)

pytestmark = pytest.mark.django_db(transaction=True)

Process = Callable[[], None]
CASE = "py-1.5.1-text-handoff"
# Of the second job: its id and words, and as many bytes in their place.
OTHERS = [
    (b"AJ_760f64fa02b8", b"AJ_111111111111"),
    (b"item_", b"mite_"),
    (
        b"Hi, you have reached Northwind support",
        b"Hi, you have reached Southsea support!",
    ),
]


@pytest.fixture
def process(process: Process) -> Process:
    def work() -> None:
        Delivery.objects.filter(next_try_at__gt=Now()).update(next_try_at=Now())
        process()

    return work


def of_the_other(request: Request) -> Request:
    is_packed = request.headers.get("content-encoding") == "gzip"
    body = gzip.decompress(request.body) if is_packed else request.body
    for old, new in OTHERS:
        assert len(old) == len(new)
        body = body.replace(old, new)
    return replace(request, body=gzip.compress(body) if is_packed else body)


def posts() -> list[Request]:
    """Return session and logs of the first job, then of the second."""
    first = requests_of(CASE, "recordings", "logs")
    assert [one.signal for one in first] == ["recordings", "logs"]
    return [*first, *map(of_the_other, first)]


def greetings() -> list[str]:
    """Return what each conversation begins with, sorted."""
    found = []
    for call in Conversation.objects.all():
        words = [
            turn["content"]
            for turn in call.transcript.turns or ()
            if turn["role"] == "assistant"
        ]
        found.append(words[0].split(".")[0])
    return sorted(found)


@pytest.mark.parametrize("order", itertools.permutations(range(4)))
def test_each_job_is_its_own_conversation(
    token: str, process: Process, order: tuple[int, ...]
) -> None:
    requests = posts()
    for number in order:
        upload_all(token, [requests[number]])
        process()
    assert len(set(greetings())) == 2
    assert Conversation.objects.count() == 2
    # Each has its session and its logs.
    for call in Conversation.objects.all():
        sources = Delivery.objects.of_call(call).values_list("source", flat=True)
        assert sorted(sources) == ["livekit-logs", "livekit-session"]
        assert call.metadata["jobId"].startswith("AJ_")
    jobs = {call.metadata["jobId"] for call in Conversation.objects.all()}
    assert len(jobs) == 2
    assert Charge.objects.count() == 2
    # Sent again, in any order, they find their own.
    upload_all(token, list(reversed(requests)))
    process()
    assert Conversation.objects.count() == 2


@pytest.mark.parametrize("missing", range(4))
def test_each_is_its_own_where_one_post_never_came(
    token: str, process: Process, missing: int
) -> None:
    kept = [one for number, one in enumerate(posts()) if number != missing]
    for order in itertools.permutations(kept):
        for request in order:
            upload_all(token, [request])
            process()
        assert Conversation.objects.count() == 2
        assert len(set(greetings())) == 2
        Conversation.objects.all().delete()
        Delivery.objects.all().delete()
        LiveKitCall.objects.all().delete()


def test_another_organization_has_another_room(
    token: str, process: Process, other_organization: Organization, make_key: MakeKey
) -> None:
    other = make_key(other_organization, scope=ApiKey.Scope.INGEST)[1]
    session, logs = requests_of(CASE, "recordings", "logs")
    assert upload(token, session).status_code == 200
    assert upload(other, logs).status_code == 200
    process()
    calls = Conversation.objects.all()
    assert {call.organization.slug for call in calls} == {"acme", "globex"}
