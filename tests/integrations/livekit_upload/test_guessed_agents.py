"""Agents that are guessed from a handoff, before the logs say who took the call."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from django.db.models.functions import Now
from django.test import Client

from conversations.models import Agent, Conversation
from integrations.models import Delivery
from integrations.processing import worker as processing_worker
from tests.integrations.livekit_upload.bodies import (
    FORM,
    SESSION,
    form,
    header,
    history,
    said,
)
from tests.integrations.livekit_upload.recorded import post, requests_of, upload_all

pytestmark = pytest.mark.django_db(transaction=True)

Process = Callable[[], None]
CASES = ["py-1.5.1-text-handoff", "py-1.7.1-text-handoff", "node-1.9.0-text-handoff"]


@pytest.fixture
def process(process: Process) -> Process:
    def work() -> None:
        Delivery.objects.filter(next_try_at__gt=Now()).update(next_try_at=Now())
        process()

    return work


def agents() -> list[str]:
    return sorted(Agent.objects.values_list("external_id", flat=True))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("together", [True, False])
def test_no_guess_stays_behind(
    token: str,
    process: Process,
    case: str,
    together: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests = requests_of(case, "recordings", "logs")
    for order in itertools.permutations(requests):
        for request in order:
            upload_all(token, [request])
            if together:
                # With others, and not by itself as what was left alone for a moment.
                Delivery.objects.update(next_try_at=None)
                while processing_worker.process_small():
                    pass
            process()
        assert agents() == ["support-bot"]
        assert Conversation.objects.get().agent.external_id == "support-bot"
        Conversation.objects.all().delete()
        Delivery.objects.all().delete()
        Agent.objects.all().delete()


def guessed(token: str, process: Process) -> None:
    """Two sessions that know no more than who spoke first."""
    items = [{"type": "agent_handoff", "new_agent_id": "support"}, *said("Hello?")]
    for job in ("AJ_1", "AJ_2"):
        body = form(
            ("header", header(job, "RM_" + job)), ("chat_history", history(items))
        )
        assert post(f"/livekit/{token}{SESSION}", body, FORM).status_code == 200
        process()


def test_a_guess_that_is_all_there_is_stays(token: str, process: Process) -> None:
    guessed(token, process)
    assert agents() == ["support"]


def test_an_agent_of_other_calls_stays(token: str, process: Process) -> None:
    guessed(token, process)
    for request in requests_of(CASES[1], "recordings", "logs"):
        upload_all(token, [request])
        process()
    assert agents() == ["support", "support-bot"]


def test_an_agent_that_a_person_named_stays(token: str, process: Process) -> None:
    session, logs = requests_of(CASES[1], "recordings", "logs")
    upload_all(token, [session])
    process()
    Agent.objects.update(name="Ada")
    upload_all(token, [logs])
    process()
    assert len(agents()) == 2


def test_the_list_of_agents_shows_no_guess(
    token: str, process: Process, alice_client: Client
) -> None:
    for request in requests_of(CASES[1], "recordings", "logs"):
        upload_all(token, [request])
        process()
    page = alice_client.get("/org/acme/agents").content.decode()
    assert page.count("/org/acme/agents/") >= 1
    assert "support-bot" in page
    assert ">support<" not in page
