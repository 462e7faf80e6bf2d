"""`GET /v1/conversations?changedSince=...`"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Organization, User
from conversations.changes.positions import give_waiting_positions
from conversations.models import Change, ChangeCounter, Conversation, Recording
from conversations.recordings.actions import retry_recording
from integrations.erasure.erase import erase_conversation
from integrations.models import Delivery
from integrations.processing.rebuild import rebuild
from integrations.processing.worker import process_batch
from tests.api.conftest import Api, MakeDelivery
from tests.conversations.conftest import MakeConversation

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/v1/conversations"
BEGINNING = "2026-01-01"


class Follower:
    """A program that keeps a copy."""

    def __init__(self, api: Api, since: str = BEGINNING, limit: int = 50) -> None:
        self.api, self.cursor, self.limit = api, since, limit

    def poll(self) -> tuple[list[str], list[str]]:
        """Return the references of what changed, and the ids of what was erased."""
        response = self.api.get(PATH, changedSince=self.cursor, limit=self.limit)
        assert response.status_code == 200, response.content
        page = response.json()
        self.cursor = page["nextCursor"]
        return [each["referenceId"] for each in page["data"]], page["erased"]


@pytest.fixture
def follower(api: Api) -> Follower:
    return Follower(api)


def test_it_gives_what_is_there_and_then_only_what_changes(
    follower: Follower, make_conversation: MakeConversation
) -> None:
    first = make_conversation(external_id="a")
    make_conversation(external_id="b")
    assert follower.poll() == (["a", "b"], [])
    assert follower.poll() == ([], [])
    Conversation.objects.filter(pk=first.pk).touch(version="v2")
    make_conversation(external_id="c")
    assert sorted(follower.poll()[0]) == ["a", "c"]
    assert follower.poll() == ([], [])


def test_what_arrives_late_by_its_own_time_is_not_missed(
    follower: Follower, make_conversation: MakeConversation
) -> None:
    make_conversation(external_id="new")
    follower.poll()
    long_ago = timezone.now() - timedelta(days=9)
    make_conversation(external_id="old", created_at=long_ago, updated_at=long_ago)
    assert follower.poll() == (["old"], [])


def test_an_erased_one_is_told_by_its_id(
    follower: Follower, make_conversation: MakeConversation
) -> None:
    kept, gone = make_conversation(external_id="a"), make_conversation()
    follower.poll()
    erase_conversation(conversation=gone, by=None)
    assert follower.poll() == ([], [str(gone.pk)])
    assert follower.poll() == ([], [])
    assert Change.objects.get(pk=kept.pk).is_erased is False


def test_a_change_of_its_recording_is_one(
    follower: Follower, make_conversation: MakeConversation, bob: User
) -> None:
    conversation = make_conversation(external_id="a")
    recording = Recording.objects.create(
        conversation=conversation, source_url="https://example.com/a", state="failed"
    )
    follower.poll()
    assert retry_recording(recording=recording, by=bob)
    assert follower.poll() == (["a"], [])


def test_posts_replays_and_rebuilds_are_changes(
    api: Api, follower: Follower, make_delivery: MakeDelivery
) -> None:
    body: dict[str, Any] = {
        "call": {"externalId": "call-1"},
        "agent": {"externalId": "front"},
        "transcript": {"turns": []},
    }

    def post() -> Delivery:
        return make_delivery(
            outcome="accepted",
            provider="zelto",
            external_id="call-1",
            body=json.dumps(body).encode(),
            size=100,
        )

    post()
    process_batch()
    assert follower.poll()[0] == ["call-1"]
    body["version"] = "v2"
    delivery = post()
    process_batch()
    assert follower.poll()[0] == ["call-1"]
    assert api.post(f"/v1/deliveries/{delivery.uuid}/replay").status_code == 202
    process_batch()
    assert follower.poll()[0] == ["call-1"]
    list(rebuild())
    assert follower.poll()[0] == ["call-1"]


def test_a_page_goes_on_where_the_one_before_ended(
    api: Api, make_conversation: MakeConversation
) -> None:
    for number in range(5):
        make_conversation(external_id=str(number))
    follower = Follower(api, limit=2)
    pages = [follower.poll()[0] for _ in range(4)]
    assert pages == [["0", "1"], ["2", "3"], ["4"], []]


def test_one_that_changes_between_pages_comes_again_at_their_end(
    api: Api, make_conversation: MakeConversation
) -> None:
    rows = [make_conversation(external_id=str(number)) for number in range(4)]
    follower = Follower(api, limit=2)
    follower.poll()
    Conversation.objects.filter(pk__in=[rows[0].pk, rows[2].pk]).touch()
    assert follower.poll()[0] == ["3", "0"]
    assert follower.poll()[0] == ["2"]


def test_it_begins_at_a_time(api: Api, make_conversation: MakeConversation) -> None:
    make_conversation(external_id="before")
    assert not give_waiting_positions(seconds=60)
    follower = Follower(api, since=str(timezone.now().timestamp()))
    assert follower.poll() == ([], [])
    make_conversation(external_id="after")
    assert follower.poll() == (["after"], [])


def test_a_clock_that_is_ahead_misses_nothing(
    api: Api, make_conversation: MakeConversation
) -> None:
    follower = Follower(api, since="2100-01-01")
    follower.poll()
    make_conversation(external_id="a")
    assert follower.poll() == (["a"], [])


def test_a_backup_of_yesterday_misses_nothing_that_comes_after_it(
    follower: Follower, make_conversation: MakeConversation, organization: Organization
) -> None:
    kept = make_conversation(external_id="kept")
    follower.poll()
    # As it was in the backup: positions of yesterday.
    yesterday = int((timezone.now() - timedelta(days=1)).timestamp() * 1_000_000)
    Change.objects.update(position=yesterday)
    ChangeCounter.objects.update(last_position=yesterday)
    assert follower.poll() == ([], [])
    Conversation.objects.filter(pk=kept.pk).touch()
    make_conversation(external_id="new")
    assert sorted(follower.poll()[0]) == ["kept", "new"]


def test_positions_go_on_where_the_clock_was_set_back(
    follower: Follower, make_conversation: MakeConversation
) -> None:
    make_conversation(external_id="a")
    follower.poll()
    ahead = datetime(2099, 1, 1, tzinfo=UTC).timestamp() * 1_000_000
    Change.objects.update(position=ahead)
    ChangeCounter.objects.update(last_position=ahead)
    assert follower.poll() == (["a"], [])
    make_conversation(external_id="b")
    assert follower.poll() == (["b"], [])


def test_another_organization_has_changes_and_cursors_of_its_own(
    api: Api, outsider: Api, make_conversation: MakeConversation
) -> None:
    gone = make_conversation()
    make_conversation()
    erase_conversation(conversation=gone, by=None)
    ours, theirs = Follower(api), Follower(outsider)
    ours.poll()
    assert theirs.poll() == ([], [])
    response = outsider.get(PATH, changedSince=ours.cursor)
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == "changedSince"


def test_a_cursor_of_another_list_is_none(
    api: Api, make_delivery: MakeDelivery, make_conversation: MakeConversation
) -> None:
    for _ in range(2):
        make_delivery()
        make_conversation()
    log = api.get("/v1/deliveries", limit=1).json()["nextCursor"]
    assert api.get(PATH, changedSince=log).status_code == 400
    changed = api.get(PATH, changedSince=BEGINNING).json()["nextCursor"]
    assert api.get("/v1/deliveries", cursor=changed).status_code == 400
    assert api.get(PATH, cursor=changed).status_code == 400


@pytest.mark.parametrize("since", ["", "soon", "2026-02-30", "x" * 501, "A" * 32])
def test_what_is_neither_a_time_nor_a_cursor_is_refused(api: Api, since: str) -> None:
    response = api.get(PATH, changedSince=since)
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == "changedSince"


def test_filters_cannot_stand_beside_it(api: Api) -> None:
    response = api.get(
        PATH, **{"changedSince": BEGINNING, "from": BEGINNING, "metadata.a": "b"}
    )
    assert response.status_code == 400
    paths = [each["path"] for each in response.json()["errors"]]
    assert paths == ["from", "metadata"]


def test_an_unchanged_answer_is_304(
    api: Api, make_conversation: MakeConversation
) -> None:
    make_conversation()
    follower = Follower(api)
    follower.poll()
    first = api.get(PATH, changedSince=follower.cursor)
    again = {"If-None-Match": first["ETag"]}
    assert api.get(PATH, changedSince=follower.cursor, headers=again).status_code == 304


def test_other_lists_name_nothing_erased(
    api: Api, make_conversation: MakeConversation
) -> None:
    make_conversation()
    assert api.get(PATH).json()["erased"] == []


def test_the_sweep_leaves_nothing_without_a_position(
    make_conversation: MakeConversation, other_organization: Organization
) -> None:
    for _ in range(3):
        make_conversation()
    assert not give_waiting_positions(seconds=60)
    assert not Change.objects.waiting().exists()


MANY = """
    INSERT INTO conversations_change (conversation_id, organization_id, position)
    SELECT gen_random_uuid(), %s, number FROM generate_series(1, 100000) AS number
"""


def test_a_page_of_many_reads_a_page(organization: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MANY, [organization.pk])
        cursor.execute("ANALYZE conversations_change")
    ours = Change.objects.of_organization(organization.pk)
    (plan,) = json.loads(
        ours.behind(50_000)[:200].explain(format="json", analyze=True, buffers=True)
    )
    assert "change_in_order" in json.dumps(plan)
    assert plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"] < 50
    (plan,) = json.loads(ours.waiting()[:1].explain(format="json"))
    assert "change_waiting" in json.dumps(plan)
