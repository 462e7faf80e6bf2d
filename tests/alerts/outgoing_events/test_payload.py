"""What arrives at a webhook, and that `docs/webhook-events.md` shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from alerts.channels import webhook as webhook_kind
from alerts.issues.finding import Finding
from alerts.issues.life import reconcile
from alerts.messages.notices import notice_of
from alerts.models import Channel, Issue, IssueKind, Message
from alerts.outgoing_events import forgetting
from alerts.outgoing_events.erasure import drop_messages
from alerts.outgoing_events.names import OF_CONVERSATIONS
from conversations.models import Conversation
from integrations.erasure.erase import erase_conversation
from tests.alerts.outgoing_events.conftest import bodies, send, tell
from tests.alerts.receiver import Receiver, Reply
from tests.conversations.conftest import MakeAgent, MakeRecording
from tests.integrations.conftest import Post, session
from tests.zelto.stack import CHECKOUT

pytestmark = pytest.mark.django_db(transaction=True)
Process = Callable[[], None]
PAGE = (CHECKOUT / "docs" / "webhook-events.md").read_text("utf-8")
EXAMPLES = [
    json.loads(block)
    for block in re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
]
CALLER = {"number": "+49 30 5550142", "name": "Ada Example"}
CALL = {
    "startedAt": "2026-11-22T12:28:32Z",
    "endedAt": "2026-11-22T12:31:44Z",
    "endedReason": "caller hung up",
    "cost": 0.0421,
    "customer": CALLER,
}


def test_the_program_gets_ids_and_links(
    webhook: Channel,
    receiver: Receiver,
    post: Post,
    process: Process,
    make_recording: MakeRecording,
    settings: Any,
) -> None:
    post(session("call-1", call=CALL))
    process()
    tell()
    make_recording(Conversation.objects.get())
    tell()
    send()
    row = Conversation.objects.get()
    created, updated, stored = bodies(receiver)
    names = [one["type"] for one in (created, updated, stored)]
    assert names == list(OF_CONVERSATIONS)
    assert created["data"] == {
        "id": str(row.id),
        "agentId": str(row.agent_id),
        "isTest": False,
        "createdAt": row.created_at.isoformat().replace("+00:00", "Z"),
        "updatedAt": row.created_at.isoformat().replace("+00:00", "Z"),
        "url": f"{settings.BASE_URL}/org/acme/conversations/{row.id}",
        "apiUrl": f"{settings.BASE_URL}/v1/conversations/{row.id}",
    }
    assert stored["data"]["recordingUrl"].endswith(f"/{row.id}/recording")
    kept = json.dumps(list(Message.objects.values_list("content", flat=True)))
    for text in (json.dumps(bodies(receiver)), kept):
        assert "Ada" not in text
        assert "missing order" not in text
    ids = [one.headers["webhook-id"] for one in receiver.posts]
    assert len(set(ids)) == 3


def test_content_is_sent_where_it_is_chosen_and_kept_nowhere(
    webhook: Channel, receiver: Receiver, post: Post, process: Process
) -> None:
    webhook.sends_content = True
    webhook.save()
    post(session("call-1", call=CALL, metadata={"campaign": "spring"}))
    process()
    tell()
    send()
    (body,) = bodies(receiver)
    shape = body["data"]["conversation"]
    assert shape["customer"] == CALLER
    assert shape["metadata"] == {"campaign": "spring"}
    assert "missing order" not in json.dumps(body)
    assert "Ada" not in json.dumps(Message.objects.get().content)


def test_what_is_erased_is_told_no_more(
    webhook: Channel, receiver: Receiver, post: Post, process: Process, alice: User
) -> None:
    webhook.sends_content = True
    webhook.save()
    receiver.answers(Reply(500))
    post(session("call-1", call=CALL))
    post(session("call-2"))
    process()
    tell()
    send()
    receiver.answers(Reply(200))
    before = len(receiver.posts)
    erased = Conversation.objects.get(external_id="call-1")
    erase_conversation(conversation=erased, by=alice)
    Message.objects.update(next_try_at=None)
    send()
    told = bodies(receiver)[before:]
    assert [one["data"]["conversation"]["referenceId"] for one in told] == ["call-2"]


def test_a_message_that_was_made_while_it_was_erased_is_dropped(
    webhook: Channel, receiver: Receiver, post: Post, process: Process
) -> None:
    post(session("call-1"))
    process()
    tell()
    # As if the erasure had not seen it yet.
    Conversation.objects.all().delete()
    send()
    assert receiver.posts == []
    assert Message.objects.get().state == Message.State.DONE


def test_an_erasure_leaves_the_messages_of_others(
    webhook: Channel, post: Post, process: Process
) -> None:
    post(session("call-1"))
    post(session("call-2"))
    process()
    tell()
    one = Conversation.objects.get(external_id="call-1")
    drop_messages(one)
    (left,) = Message.objects.all()
    other = Conversation.objects.get(external_id="call-2")
    assert left.content["id"] == str(other.pk)


def test_what_is_about_issues_is_sent_first(
    webhook: Channel,
    receiver: Receiver,
    post: Post,
    process: Process,
    organization: Organization,
) -> None:
    for number in range(3):
        post(session(f"call-{number}"))
    process()
    tell()
    find(organization)
    send()
    names = [one["type"] for one in bodies(receiver)]
    assert names == ["issue.opened", *["conversation.created"] * 3]


def test_what_was_told_is_forgotten_soon(
    webhook: Channel,
    post: Post,
    process: Process,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post(session("call-1"))
    post(session("call-2"))
    process()
    tell()
    first = Message.objects.order_by("pk").first()
    assert first
    Message.objects.filter(pk=first.pk).update(state=Message.State.DONE)
    assert not forgetting.forget_told()
    assert Message.objects.count() == 2
    monkeypatch.setattr(forgetting, "KEPT", -timedelta(seconds=1))
    assert not forgetting.forget_told()
    assert Message.objects.get().state == Message.State.WAITING


def find(organization: Organization, count: int = 1, **fields: Any) -> None:
    now = timezone.now()
    findings = [
        Finding(
            organization.pk,
            IssueKind.AGENT_SILENT,
            f"agent-{number}",
            now - timedelta(minutes=29),
            facts={"agent": "Front desk", "usual_gap": 360},
            **fields,
        )
        for number in range(count)
    ]
    reconcile([IssueKind.AGENT_SILENT], findings, now)


def kinds_of(value: Any) -> Any:
    """Return the shape of JSON: names, and types in the place of values; of what is free or
    may be null only that it is there.
    """
    if isinstance(value, dict):
        free = ("metadata", "kinds")
        return {
            name: "any" if name in free else kinds_of(one)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str) or value is None else type(value).__name__


def test_the_examples_of_the_document_are_what_is_sent(
    webhook: Channel,
    post: Post,
    process: Process,
    make_recording: MakeRecording,
    make_agent: MakeAgent,
    organization: Organization,
) -> None:
    post(session("call-1", call=CALL))
    process()
    tell()
    make_recording(Conversation.objects.get())
    tell()
    find(organization, agent_id=make_agent().pk)
    find(organization, 0)
    find(organization, 12)
    sent: dict[str, Any] = {}
    for message in Message.objects.order_by("pk"):
        message.channel.sends_content = message.event == "conversation.updated"
        notice = notice_of(message)
        assert notice
        sent[message.event] = json.loads(json.dumps(webhook_kind.payload(notice)))
    assert Issue.objects.exists()
    shown = {one["type"]: one for one in EXAMPLES}
    assert shown.keys() == sent.keys()
    assert len(EXAMPLES) == len(shown)
    for name, one in shown.items():
        assert kinds_of(one) == kinds_of(sent[name]), name
        assert f"| `{name}` |" in PAGE
