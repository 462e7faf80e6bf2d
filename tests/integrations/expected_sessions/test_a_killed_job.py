"""A worker with two jobs, of which one is killed in the middle of its call: LiveKit tells
of both, and the page says by itself which one never came, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone
from livekit.protocol.agent import JobState, JobStatus
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization
from integrations.livekit_events import event_worker
from integrations.models import ExpectedSession, LiveKitProject
from integrations.snippets.code_files import worker_code
from tests.conversations.browser import browser_beside_django, signed_in_page
from tests.integrations.livekit_events import livekit_server
from tests.integrations.livekit_events.livekit_server import event, job, room
from tests.integrations.livekit_worker.worker import Session, run_worker

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
SOON = 10_000  # milliseconds
SUCCESS, FAILED = JobStatus.JS_SUCCESS, JobStatus.JS_FAILED


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_beside_django() as browser:
        yield browser


@pytest.fixture
def page(
    browser: Browser, live_server: LiveServer, dora_client: Client
) -> Iterator[Page]:
    with signed_in_page(browser, live_server.url, dora_client) as page:
        yield page


@pytest.fixture
def project(organization: Organization) -> LiveKitProject:
    project = LiveKitProject.objects.create(
        organization=organization, name="production", grace_minutes=0
    )
    project.credentials.create(
        api_key=livekit_server.API_KEY, secret=livekit_server.SECRET
    )
    return project


@pytest.fixture
def tell(
    live_server: LiveServer, project: LiveKitProject, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Session, int], None]:
    """Return `tell(session, status)`, which posts what LiveKit says of its job."""
    now = timezone.now() - timedelta(minutes=1)
    monkeypatch.setattr(livekit_server, "BEGAN", now)

    def post(session: Session, status: Any) -> None:
        told = [
            event("agent_job_started", 1, job=_job(session, status=1)),
            event("agent_job_ended", 20, job=_job(session, status, ended=20)),
        ]
        for one in told:
            body = livekit_server.written(one)
            headers = {
                "Content-Type": "application/webhook+json",
                "Authorization": livekit_server.signed(body),
            }
            url = f"{live_server.url}/webhooks/livekit/{project.token}"
            assert httpx.post(url, content=body, headers=headers).status_code == 200
        event_worker.process_until_quiet()

    return post


def _job(session: Session, status: Any, ended: float | None = None) -> Any:
    state = JobState(status=status, started_at=livekit_server.nano(1))
    if ended:
        state.ended_at = livekit_server.nano(ended)
    in_room = room(f"RM_{session.room}")
    return job(session.job_id, state, room=in_room)


def test_the_page_tells_the_killed_one_and_a_later_forward_settles_it(
    live_server: LiveServer,
    page: Page,
    key: str,
    process: Callable[[], None],
    tell: Callable[[Session, int], None],
    tmp_path: Path,
) -> None:
    code = tmp_path / "zelto_forward.py"
    code.write_text(worker_code(live_server.url), "utf-8")
    worker = run_worker(
        code,
        "order:whole",
        "killed:cut",
        key=key,
        agent_name="front-desk",
        is_dispatched=True,
    )
    process()
    whole, cut = worker.sessions["whole"], worker.sessions["cut"]
    tell(whole, SUCCESS)
    tell(cut, FAILED)

    page.goto("/org/acme/agents/expected")
    page.evaluate("window.neverReloaded = true")
    answer = page.locator(".z-expected-answer")
    expect(answer).to_contain_text("2 sessions ended, 1 arrived")
    expect(answer).to_contain_text("1 missing today")
    missing = ExpectedSession.objects.get(job_id=cut.job_id)
    row = page.locator(f"#row-{missing.id}")
    expect(row).to_contain_text(cut.job_id)
    why = "its process ended before it could send"
    expect(page.get_by_text(why)).to_be_visible()

    forwarded = {
        "agent": {"externalId": "front-desk"},
        "call": {"externalId": cut.job_id},
        "transcript": {"turns": [{"role": "user", "content": "hello"}]},
    }
    headers = {"Authorization": f"Bearer {key}", "X-Zelto-Provider": "livekit"}
    url = f"{live_server.url}/webhooks/calls"
    assert httpx.post(url, json=forwarded, headers=headers).status_code == 200
    process()
    expect(row).to_contain_text("Arrived", timeout=SOON)
    expect(answer).to_contain_text("None missing today", timeout=SOON)
    assert page.evaluate("window.neverReloaded")
