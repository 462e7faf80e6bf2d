"""The pages of LiveKit projects: who may do what, and that no secret is ever shown."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditAction, AuditEntry, Organization
from integrations.livekit_events import event_log
from integrations.livekit_events.event_worker import process_batch
from integrations.livekit_projects import removal
from integrations.livekit_projects.status import project_statuses, status_of
from integrations.livekit_projects.test_event import TestFailed, send_test
from integrations.models import (
    ExpectedSession,
    ExpectedSessionTally,
    LiveKitCredential,
    LiveKitEvent,
    LiveKitProject,
    LiveKitRoom,
)
from tests.integrations.livekit_events import livekit_server
from tests.integrations.livekit_events.conftest import PostEvent
from tests.integrations.livekit_events.livekit_server import (
    event,
    one_call,
    room,
    written,
)

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "a-secret-that-nobody-is-ever-to-see-again-123"
ADDED = {"name": "Staging", "api_key": "APIstaging", "secret": SECRET}


@pytest.fixture(autouse=True)
def removal_wakeups(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    sent: list[None] = []
    monkeypatch.setattr(
        "integrations.livekit_projects.views.wake_worker", lambda: sent.append(None)
    )
    return sent


@pytest.fixture
def base(organization: Organization) -> str:
    return f"/org/{organization.slug}/settings/integrations/livekit/projects"


@pytest.fixture
def page(base: str, project: LiveKitProject) -> str:
    return f"{base}/{project.pk}"


def text_of(response: Any) -> str:
    return response.content.decode()


def test_an_admin_adds_a_project_and_finds_its_address(
    alice_client: Client, base: str, organization: Organization, settings: Any
) -> None:
    response = alice_client.post(f"{base}/add", ADDED, follow=True)
    made = LiveKitProject.objects.get(organization=organization)
    shown = text_of(response)
    assert f"{settings.BASE_URL}/webhooks/livekit/{made.token}" in shown
    assert "Waiting for the first event" in shown
    assert SECRET not in shown
    assert made.credentials.get().secret == SECRET
    entry = AuditEntry.objects.get(action=AuditAction.LIVEKIT_PROJECT_ADDED)
    assert (entry.subject, entry.detail["api_key"]) == ("Staging", "APIstaging")


def test_addresses_cannot_be_guessed(alice_client: Client, base: str) -> None:
    for number in range(3):
        alice_client.post(f"{base}/add", {**ADDED, "name": f"Project {number}"})
    tokens = set(LiveKitProject.objects.values_list("token", flat=True))
    assert len(tokens) == 3
    assert all(len(token) >= 22 for token in tokens)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 101}, "at most 100"),
        ({"name": "a\nb"}, "one line"),
        ({"api_key": ""}, "required"),
        ({"secret": ""}, "required"),
        ({"secret": "APIstaging"}, "API key once more"),
        ({"secret": "x" * 513}, "at most 512"),
        ({"name": "Production"}, "already"),
    ],
)
def test_what_does_not_fit_is_said_and_the_secret_is_not_shown(
    alice_client: Client,
    base: str,
    project: LiveKitProject,
    changed: dict[str, str],
    said: str,
) -> None:
    response = alice_client.post(f"{base}/add", ADDED | changed)
    assert response.status_code == 200
    assert said in text_of(response)
    assert SECRET not in text_of(response)
    assert LiveKitProject.objects.count() == 1


def test_no_more_projects_than_there_may_be(
    alice_client: Client, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.livekit_projects.actions.MAX_PROJECTS", 1)
    alice_client.post(f"{base}/add", ADDED)
    assert "watches up to" in text_of(
        alice_client.post(f"{base}/add", ADDED | {"name": "Another"})
    )


CHANGES = [
    "change",
    "test",
    "remove",
    "keys",
    "keys/{key}/replace",
    "keys/{key}/remove",
]


@pytest.mark.parametrize("path", CHANGES)
def test_a_member_looks_and_changes_nothing(
    bob_client: Client, page: str, project: LiveKitProject, path: str
) -> None:
    key = project.credentials.get().pk
    shown = text_of(bob_client.get(page))
    assert "Production" in shown
    assert project.token not in shown
    assert livekit_server.API_KEY not in shown
    answer = bob_client.post(f"{page}/{path.format(key=key)}", ADDED)
    assert answer.status_code == 403
    assert LiveKitProject.objects.watched().count() == 1


def test_a_member_adds_no_project(bob_client: Client, base: str) -> None:
    assert bob_client.get(base).status_code == 200
    assert bob_client.post(f"{base}/add", ADDED).status_code == 403
    assert not LiveKitProject.objects.exists()


@pytest.mark.parametrize("path", ["", "/status", *(f"/{path}" for path in CHANGES)])
def test_an_outsider_finds_nothing(
    charlie_client: Client,
    other_organization: Organization,
    page: str,
    project: LiveKitProject,
    path: str,
) -> None:
    key = project.credentials.get().pk
    own = page.replace(project.organization.slug, other_organization.slug)
    for address in (page, own):
        for method in (charlie_client.get, charlie_client.post):
            answer = method(f"{address}{path.format(key=key)}")
            assert answer.status_code in (404, 405)


def test_a_key_of_another_project_is_not_found(
    alice_client: Client, page: str, organization: Organization
) -> None:
    other = LiveKitProject.objects.create(organization=organization, name="Other")
    key = LiveKitCredential.objects.create(project=other, api_key="APIx", secret="x")
    for verb in ("replace", "remove"):
        answer = alice_client.post(f"{page}/keys/{key.pk}/{verb}", {"secret": SECRET})
        assert answer.status_code == 404


def test_a_key_is_rotated_without_a_refusal(
    alice_client: Client, page: str, project: LiveKitProject, post_event: PostEvent
) -> None:
    body = written(event("room_started", room=room()))
    by_new = livekit_server.signed(body, "APInew", SECRET)
    alice_client.post(f"{page}/keys", {"api_key": "APInew", "secret": SECRET})
    assert post_event(body).status_code == 200
    assert post_event(body, token=by_new).status_code == 200
    old = project.credentials.get(api_key=livekit_server.API_KEY)
    alice_client.post(f"{page}/keys/{old.pk}/remove")
    assert post_event(body, token=by_new).status_code == 200
    assert post_event(body).status_code == 401
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == [
        AuditAction.LIVEKIT_SECRET_ENTERED,
        AuditAction.LIVEKIT_SECRET_REMOVED,
    ]


def test_a_third_key_and_the_same_one_are_refused(
    alice_client: Client, page: str, project: LiveKitProject
) -> None:
    new = {"api_key": "APInew", "secret": SECRET}
    same = text_of(
        alice_client.post(f"{page}/keys", new | {"api_key": livekit_server.API_KEY})
    )
    assert "here already" in same
    alice_client.post(f"{page}/keys", new)
    third = text_of(alice_client.post(f"{page}/keys", new | {"api_key": "APIthird"}))
    assert project.credentials.count() == 2
    assert SECRET not in same + third


def test_the_last_key_stays(
    alice_client: Client, page: str, project: LiveKitProject
) -> None:
    key = project.credentials.get()
    answer = alice_client.post(f"{page}/keys/{key.pk}/remove", follow=True)
    assert "the only API key" in text_of(answer)
    assert project.credentials.count() == 1


def test_a_secret_is_replaced(
    alice_client: Client, page: str, project: LiveKitProject, post_event: PostEvent
) -> None:
    key = project.credentials.get()
    empty = alice_client.post(f"{page}/keys/{key.pk}/replace", {"secret": ""})
    assert "required" in text_of(empty)
    answer = alice_client.post(
        f"{page}/keys/{key.pk}/replace", {"secret": SECRET}, follow=True
    )
    assert "was replaced" in text_of(answer)
    assert SECRET not in text_of(answer)
    body = written(event("room_started", room=room()))
    assert (
        post_event(body, token=livekit_server.signed(body, secret=SECRET)).status_code
        == 200
    )


def test_a_name_and_the_time_of_grace_are_changed(
    alice_client: Client, page: str, project: LiveKitProject
) -> None:
    LiveKitProject.objects.create(organization=project.organization, name="Taken")
    change = f"{page}/change"
    taken = alice_client.post(change, {"name": "Taken", "grace_minutes": 10})
    assert "already" in text_of(taken)
    for minutes in (0, 1441, "x"):
        answer = alice_client.post(change, {"name": "New", "grace_minutes": minutes})
        assert answer.status_code == 200
    alice_client.post(change, {"name": "New", "grace_minutes": 30})
    project.refresh_from_db()
    assert (project.name, project.grace_minutes) == ("New", 30)
    entry = AuditEntry.objects.get(action=AuditAction.LIVEKIT_PROJECT_CHANGED)
    assert (
        entry.detail["change"]
        == "its name, before Production and its time of grace to 30 min"
    )


def test_an_unreadable_secret_is_to_be_entered_again(
    alice_client: Client, bob_client: Client, page: str, base: str, settings: Any
) -> None:
    old = settings.SECRET_KEY
    clients = (alice_client, bob_client)
    settings.SECRET_KEY_FALLBACKS = [old]  # the sessions stay good
    settings.SECRET_KEY = "changed"
    for client in clients:
        assert "can no longer be read" not in text_of(client.get(page))
    settings.SECRET_KEY_FALLBACKS = []
    project = LiveKitProject.objects.get()
    assert status_of(project).has_unreadable_secret
    assert project_statuses(project.organization)[0].has_unreadable_secret


def test_the_state_turns_by_itself(
    alice_client: Client, page: str, post_event: PostEvent
) -> None:
    status = f"{page}/status"
    assert "Waiting for the first event" in text_of(alice_client.get(status))
    post_event(event("room_started", room=room()))
    process_batch()
    answer = alice_client.get(status)
    assert "Receiving" in text_of(answer)
    assert "room_started" in text_of(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    old = timezone.now() - timedelta(days=2)
    LiveKitProject.objects.update(last_event_at=old)
    assert "Silent" in text_of(alice_client.get(status))


def test_refusals_are_counted_with_their_reason(
    alice_client: Client, page: str, base: str, post_event: PostEvent
) -> None:
    post_event(event("room_started", room=room()), token="wrong")
    assert "1 request refused" in text_of(alice_client.get(page))
    assert "held no token of LiveKit" in text_of(alice_client.get(f"{page}/status"))
    assert "Refused" in text_of(alice_client.get(f"{base}/status"))


def test_the_livekit_page_shows_the_projects(
    alice_client: Client, bob_client: Client, page: str, base: str
) -> None:
    livekit = base.removesuffix("/projects")
    for client in (alice_client, bob_client):
        assert page in text_of(client.get(livekit))
        assert page in text_of(client.get(f"{livekit}/status"))


def test_fifty_projects_cost_no_more_queries_than_five(
    alice_client: Client,
    base: str,
    organization: Organization,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    def add(count: int) -> None:
        for number in range(count):
            project = LiveKitProject.objects.create(
                organization=organization, name=f"Project {count} {number}"
            )
            project.credentials.create(api_key="API", secret="x")

    add(5)
    with django_assert_max_num_queries(20) as few:
        alice_client.get(base)
    add(45)
    with django_assert_max_num_queries(len(few)):
        alice_client.get(base)


def test_a_test_event_says_what_was_checked(
    alice_client: Client, page: str, project: LiveKitProject
) -> None:
    answer = alice_client.post(f"{page}/test", follow=True)
    assert "a worker reads it in a moment" in text_of(answer)
    sent = LiveKitEvent.objects.get().event_id
    process_batch()
    read = text_of(alice_client.get(f"{page}/status?test={sent}"))
    assert "is not tested by it" in read
    assert "Waiting for the first event" in read
    project.refresh_from_db()
    assert project.last_event_at is None


def test_a_test_event_finds_an_unreadable_secret(
    project: LiveKitProject, settings: Any
) -> None:
    settings.SECRET_KEY = "changed"
    with pytest.raises(TestFailed, match="Enter it again"):
        send_test(project)


@pytest.fixture
def removed(
    alice_client: Client, page: str, project: LiveKitProject
) -> Iterator[LiveKitProject]:
    for message in one_call():
        event_log.store(
            event_log.arrived(
                project.pk, written(message), {"id": message.id, "event": message.event}
            )
        )
    process_batch()
    assert ExpectedSessionTally.objects.filter(count__gt=0).exists()
    answer = alice_client.post(f"{page}/remove", follow=True)
    assert "no longer watched" in text_of(answer)
    yield project


def test_a_removed_project_is_gone_at_once(
    alice_client: Client,
    page: str,
    removed: LiveKitProject,
    post_event: PostEvent,
    removal_wakeups: list[None],
) -> None:
    assert alice_client.get(page).status_code == 404
    assert not removed.credentials.exists()
    assert post_event(event("room_started", room=room())).status_code == 401
    assert removal_wakeups == [None]
    assert (
        AuditEntry.objects.get(action=AuditAction.LIVEKIT_PROJECT_REMOVED).subject
        == "Production"
    )


def test_what_came_of_it_is_deleted_with_its_counts(removed: LiveKitProject) -> None:
    assert not removal.delete_removed()
    assert not LiveKitProject.objects.exists()
    for model in (LiveKitEvent, LiveKitRoom, ExpectedSession):
        assert not model._default_manager.exists()
    assert not ExpectedSessionTally.objects.exclude(count=0).exists()


def test_its_name_is_free_again(
    alice_client: Client, base: str, removed: LiveKitProject
) -> None:
    alice_client.post(f"{base}/add", ADDED | {"name": "Production"})
    assert LiveKitProject.objects.watched().get().name == "Production"


def test_a_turn_that_is_over_goes_on_later(removed: LiveKitProject) -> None:
    assert removal.delete_removed(seconds=0)
    assert LiveKitProject.objects.exists()


def test_no_secret_is_dumped(project: LiveKitProject) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("dumpdata", "integrations.livekitcredential", stdout=out)
    assert livekit_server.SECRET not in out.getvalue()


def test_no_secret_is_in_the_database(project: LiveKitProject) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM integrations_livekitcredential")
        (stored,) = cursor.fetchone()
    assert livekit_server.SECRET.encode() not in bytes(stored)


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("where", ["create", "replace"])
def test_no_secret_is_on_a_page_of_an_error(
    alice_client: Client,
    base: str,
    page: str,
    project: LiveKitProject,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    debug: bool,
    where: str,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("integrations.livekit_projects.actions._note", broken)
    settings.DEBUG = debug
    alice_client.raise_request_exception = False
    key = project.credentials.get().pk
    address = f"{base}/add" if where == "create" else f"{page}/keys/{key}/replace"
    answer = alice_client.post(address, ADDED)
    assert answer.status_code == 500
    if debug:
        assert "RuntimeError" in text_of(answer)
    assert SECRET not in text_of(answer)
    assert SECRET not in caplog.text
