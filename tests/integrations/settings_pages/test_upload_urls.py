"""Upload URLs on the LiveKit page: made, shown once, rolled; and what they brought."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import ApiKey, Organization, User
from integrations.models import Delivery
from tests.conftest import MakeKey
from tests.integrations.livekit_upload.recorded import (
    Request,
    requests_of,
    upload,
    upload_all,
)

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/org/acme/settings/integrations/livekit"
CREATE = f"{URL}/upload-urls"
CASE = "py-1.8.9-text-handoff"
LINE = r"LIVEKIT_OBSERVABILITY_URL=http://\S+/livekit/(zelto_\w+)"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.livekit_upload.views.wake_worker", lambda: None)


@pytest.fixture
def token(organization: Organization, make_key: MakeKey) -> str:
    return make_key(organization, scope=ApiKey.Scope.INGEST)[1]


def words(response: Any, part: str = "<main", end: str = "</main>") -> str:
    """What a page says from a text in its markup on, without the markup."""
    assert response.status_code == 200
    content = response.content.decode()
    assert part in content
    shown = content[content.index(part) :].partition(end)[0]
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", shown).split()))


def lines_of(response: Any) -> list[tuple[str, str]]:
    """The lines for a worker's environment that a page hands out with a key."""
    content = html.unescape(response.content.decode())
    return re.findall(rf"<code id=\"made-upload[^\"]*\">({LINE}[^<]*)<", content)


def steps_of(client: Client) -> str:
    return words(client.get(URL), 'id="verify-steps"', "</ol>")


@pytest.mark.parametrize(
    ("agent", "ending"),
    [("", ""), ("front-desk", "/front-desk"), ("Café 1", "/Caf%C3%A9%201")],
)
def test_a_url_is_shown_once_whole_and_its_key_may_only_post(
    alice_client: Client, agent: str, ending: str
) -> None:
    response = alice_client.post(
        CREATE, {"name": "uploads", "scope": "full", "agent": agent}
    )
    ((line, text),) = lines_of(response)
    assert line.endswith(text + ending)
    assert "no-store" in response["Cache-Control"]
    assert "Copy the upload URL now" in words(response)
    key = ApiKey.objects.get()
    assert (key.name, key.scope) == ("uploads", ApiKey.Scope.INGEST)
    assert text not in alice_client.get(URL).content.decode()
    assert "uploads" in words(alice_client.get(URL), 'id="keys"', "</section>")


def test_what_an_address_cannot_have_makes_no_key(alice_client: Client) -> None:
    response = alice_client.post(CREATE, {"name": "uploads", "agent": "a/b"})
    assert "An id in an address has no slash" in words(response)
    assert not ApiKey.objects.exists()


def test_a_form_that_is_sent_twice_makes_one_key(alice_client: Client) -> None:
    token = "0199b1d2-7c1e-4d30-9a55-0c9f4b7a1e22"
    for _ in range(2):
        response = alice_client.post(CREATE, {"name": "uploads", "form_token": token})
    assert ApiKey.objects.count() == 1
    assert lines_of(response) == []
    assert "was shown already" in words(response)


def test_members_and_outsiders_make_none(
    bob_client: Client, charlie_client: Client
) -> None:
    assert bob_client.post(CREATE, {"name": "uploads"}).status_code == 403
    assert charlie_client.post(CREATE, {"name": "uploads"}).status_code == 404
    assert "Ask an admin for an upload URL" in words(bob_client.get(URL))


def test_rolling_hands_out_the_whole_line_again_with_its_agents(
    alice_client: Client, organization: Organization, make_key: MakeKey
) -> None:
    key, text = make_key(organization, scope=ApiKey.Scope.INGEST)
    requests = requests_of(CASE, "recordings", "logs")
    upload_all(text, requests, agent="desk")
    upload_all(text, requests[:1], agent="Café 1")
    response = alice_client.post(f"{URL}/keys/{key.id}/roll", {"overlap": "3600"})
    lines = lines_of(response)
    new = {made for _, made in lines}
    assert len(new) == 1
    assert [line.rpartition("/")[2] for line, _ in lines] == ["Caf%C3%A9%201", "desk"]
    # Both work until the old one ends.
    for token in (*new, text):
        assert upload(token, requests[0]).status_code == 200


def test_rolling_a_key_that_uploaded_nothing_names_no_agent(
    alice_client: Client, organization: Organization, make_key: MakeKey
) -> None:
    key, _ = make_key(organization, scope=ApiKey.Scope.INGEST)
    response = alice_client.post(f"{URL}/keys/{key.id}/roll", {"overlap": "3600"})
    ((line, text),) = lines_of(response)
    assert line.endswith(text)


def test_an_uploading_key_is_listed_with_who_uses_it(
    alice_client: Client, organization: Organization, make_key: MakeKey
) -> None:
    key, text = make_key(organization, scope=ApiKey.Scope.INGEST)
    upload_all(text, requests_of(CASE, "recordings", "logs"))
    said = words(alice_client.get(f"{URL}/keys/{key.id}"))
    assert "In use" in said
    assert "support-bot" in said
    assert "aiohttp" in said


def test_both_ways_stand_side_by_side(bob_client: Client) -> None:
    content = bob_client.get(URL).content.decode()
    ways = content[content.index('id="ways"') : content.index('id="upload"')]
    assert ways.count("It gives") == ways.count("It costs") == 2
    said = " ".join(re.sub(r"<[^>]*>", " ", content).split())
    for fact in (
        "Agent observability",
        "agents: {enable_user_data_recording: true}",
        "session.start(..., record=True)",
        "Python SDK 1.5.1 or later, Node SDK 1.8.0 or later",
        "for both places, take this way",
    ):
        assert fact in said


def test_nothing_at_all_says_that_recording_may_be_off(
    alice_client: Client, token: str
) -> None:
    said = steps_of(alice_client)
    assert "Nothing came by an upload URL" in said
    assert "recording is off" in said


def test_metrics_alone_are_told(alice_client: Client, token: str) -> None:
    upload_all(token, requests_of("py-1.8.9-multipart-refused-401", "metrics"))
    said = steps_of(alice_client)
    assert "Only metrics arrive" in said
    assert "It posts" in said
    assert Delivery.objects.get().reason == "Metrics: counted, not kept."


def log_lines(token: str) -> None:
    """Post log records of a job, with nothing of a session among them."""
    record = {
        "body": {"stringValue": "registered"},
        "severityNumber": 9,
        "attributes": [{"key": "job_id", "value": {"stringValue": "AJ_1"}}],
    }
    logs = {"scope": {"name": "app"}, "logRecords": [record]}
    body = str({"resourceLogs": [{"scopeLogs": [logs]}]}).replace("'", '"').encode()
    headers = {"content-type": "application/json"}
    path = "/observability/logs/otlp/v0"
    assert upload(token, Request("logs", path, headers, body)).status_code == 200


def test_logs_without_a_session_are_a_job_that_runs_then_a_recording_that_is_off(
    alice_client: Client, token: str
) -> None:
    log_lines(token)
    assert "A job runs Lines of its log arrive" in steps_of(alice_client)
    Delivery.objects.update(received_at=F("received_at") - timedelta(minutes=10))
    said = steps_of(alice_client)
    assert "Logs arrive, no session yet" in said
    assert "switch recording on" in said
    # Of two days ago it says nothing of now.
    Delivery.objects.update(received_at=F("received_at") - timedelta(days=2))
    assert "Logs arrive" not in steps_of(alice_client)


def test_signs_go_once_a_session_is_there(
    alice_client: Client, token: str, process: Callable[[], None]
) -> None:
    log_lines(token)
    upload_all(token, requests_of(CASE, "recordings", "logs"))
    Delivery.objects.update(next_try_at=None)
    process()
    said = steps_of(alice_client)
    assert "A job runs" not in said
    assert "Nothing came" not in said


def test_a_refused_upload_says_why_and_what_to_do_with_an_upload(
    alice_client: Client, token: str
) -> None:
    (request,) = requests_of(CASE, "recordings")
    broken = Request(request.signal, request.path, request.headers, b"nothing")
    assert upload(token, broken).status_code == 400
    said = words(alice_client.get(URL), 'id="connection-state"', 'id="keys"')
    assert "1 refused" in said
    assert "what its log brought is shown" in said
    assert "Send one JSON object" not in said


def test_a_revoked_url_is_answered_by_making_another(
    alice_client: Client, alice: User, organization: Organization, make_key: MakeKey
) -> None:
    key, text = make_key(organization, scope=ApiKey.Scope.INGEST)
    actions.revoke_key(key=key, by=alice)
    (request,) = requests_of(CASE, "recordings")
    assert upload(text, request).status_code == 401
    said = words(alice_client.get(URL), 'id="connection-state"', 'id="keys"')
    assert "Create another upload URL" in said
    assert "ZELTO_API_KEY" not in said


def test_a_job_that_failed_is_told_and_an_erased_call_is_none(
    alice_client: Client, organization: Organization, token: str
) -> None:
    def ignored(reason: str, **facts: Any) -> None:
        Delivery.objects.create(
            organization=organization,
            provider="livekit",
            status=200,
            outcome=Delivery.Outcome.IGNORED,
            source=Delivery.Source.LIVEKIT_LOGS,
            reason=reason,
            **facts,
        )

    ignored("Its call was erased.", processed_at=timezone.now())
    assert "A job failed" not in steps_of(alice_client)
    ignored("The worker logged an error outside of a session: no voice")
    assert "A job failed" in steps_of(alice_client)
