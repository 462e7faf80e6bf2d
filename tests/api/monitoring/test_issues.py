"""`GET /v1/issues`, one of them, and the tool `list_issues`."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiKey, Organization, User
from alerts.issues import actions
from alerts.issues.life import change_of
from alerts.models import Issue, IssueChange, IssueKind
from tests.api.conftest import Api, Tools
from tests.conversations.conftest import MakeAgent

pytestmark = pytest.mark.django_db
PATH = "/v1/issues"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MakeIssue = Callable[..., Issue]


@pytest.fixture
def make_issue(organization: Organization) -> MakeIssue:
    """Return `make_issue("sessions_refused", ...)`; each was opened a minute later."""
    numbers = count()

    def make(kind: str = "sessions_refused", **fields: Any) -> Issue:
        number = next(numbers)
        fields.setdefault("organization", organization)
        fields.setdefault("cause", f"cause-{number}")
        fields.setdefault("opened_at", NOON + timedelta(minutes=number))
        fields.setdefault("since", fields["opened_at"] - timedelta(minutes=5))
        return Issue.objects.create(kind=kind, **fields)

    return make


def causes(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    ids = [each["id"] for each in response.json()["data"]]
    named = {str(one.pk): one.cause for one in Issue.objects.filter(pk__in=ids)}
    return [named[each] for each in ids]


def test_it_tells_all_that_is_known_of_an_issue(
    api: Api, make_issue: MakeIssue, make_agent: MakeAgent, full_key: tuple[ApiKey, str]
) -> None:
    agent = make_agent(name="Front desk")
    row = make_issue(
        agent=agent,
        key=full_key[0],
        count=38,
        facts={"agent": "Front desk", "key": "livekit-prod"},
    )
    listed = api.get(PATH).json()
    assert listed["nextCursor"] is None
    (told,) = listed["data"]
    title, lines = told.pop("title"), told.pop("lines")
    assert isinstance(title, str)
    assert title
    assert isinstance(lines, list)
    assert told == {
        "id": str(row.id),
        "kind": "sessions_refused",
        "state": "open",
        "since": "2026-11-20T11:55:00Z",
        "openedAt": "2026-11-20T12:00:00Z",
        "resolvedAt": None,
        "acknowledgedAt": None,
        "acknowledgedBy": None,
        "snoozedUntil": None,
        "count": 38,
        "agentId": str(agent.id),
        "agentName": "Front desk",
        "keyId": str(full_key[0].id),
        "url": f"{settings.BASE_URL}/org/acme/alerts/issues/{row.id}",
    }
    assert api.get(f"{PATH}/{row.id}").json() == listed["data"][0] | {
        "title": title,
        "lines": lines,
        "changes": [],
    }


def test_one_of_them_has_its_changes(
    api: Api, make_issue: MakeIssue, alice: User
) -> None:
    row = make_issue("agent_silent", facts={"agent": "Front desk"})
    opened = change_of(row, IssueChange.Kind.OPENED, row.opened_at)
    opened.save(force_insert=True)
    actions.acknowledge(row, alice)
    told = api.get(f"{PATH}/{row.id}").json()
    assert (told["state"], told["acknowledgedBy"]) == ("open", alice.display_name)
    assert [(one["kind"], one["by"]) for one in told["changes"]] == [
        ("opened", None),
        ("acknowledged", alice.display_name),
    ]
    assert "Front desk" in told["changes"][0]["title"]
    assert told["changes"][0]["at"] == "2026-11-20T12:00:00Z"


@pytest.mark.parametrize("kind", list(IssueKind))
def test_an_issue_of_each_kind_is_told(
    api: Api, make_issue: MakeIssue, kind: IssueKind, alice: User, full_key: Any
) -> None:
    ApiKey.objects.update(made_by=alice)
    make_issue(kind)
    make_issue(kind, resolved_at=NOON + timedelta(hours=1))
    told = api.get(PATH).json()["data"]
    assert [one["state"] for one in told] == ["resolved", "open"]
    assert all(one["title"] for one in told)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["silent", "missing", "refused"]),
        ({"state": "open"}, ["silent", "refused"]),
        ({"state": "resolved"}, ["missing"]),
        ({"kind": "agent_silent"}, ["silent"]),
        ({"kind": "agent_silent", "state": "resolved"}, []),
        ({"from": "2026-11-20T12:00:00Z"}, ["silent", "missing"]),
        ({"to": "2026-11-20T12:00:00Z"}, ["refused"]),
        ({"from": "2026-11-20", "to": "2026-11-21"}, ["missing"]),
        ({"agentId": str(uuid.UUID(int=7))}, []),
    ],
)
def test_it_is_narrowed(
    api: Api, make_issue: MakeIssue, asked: dict[str, str], found: list[str]
) -> None:
    day = timedelta(days=1)
    make_issue("sessions_refused", opened_at=NOON - day, cause="refused")
    make_issue("sessions_missing", opened_at=NOON, resolved_at=NOON, cause="missing")
    make_issue("agent_silent", opened_at=NOON + day, cause="silent")
    assert causes(api.get(PATH, **asked)) == found


def test_it_is_narrowed_to_an_agent_with_what_was_merged_into_it(
    api: Api, make_issue: MakeIssue, make_agent: MakeAgent
) -> None:
    agent = make_agent()
    merged = make_agent(merged_into=agent)
    make_issue(agent=agent, cause="own")
    make_issue(agent=merged, cause="merged")
    make_issue(agent=make_agent())
    assert causes(api.get(PATH, agentId=str(agent.id))) == ["merged", "own"]


def test_cursors_lead_through_all_once(api: Api, make_issue: MakeIssue) -> None:
    for number in range(7):
        make_issue(opened_at=NOON + timedelta(minutes=number // 3))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        response = api.get(PATH, limit=2, **cursor)
        seen += causes(response)
        if response.json()["nextCursor"] is None:
            break
        cursor = {"cursor": response.json()["nextCursor"]}
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"state": "closed"}, "state"),
        ({"kind": "boredom"}, "kind"),
        ({"agentId": "front-desk"}, "agentId"),
        ({"from": "yesterday"}, "from"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"until": "2026-11-20"}, "until"),
    ],
)
def test_what_does_not_fit_is_named(api: Api, asked: dict[str, str], path: str) -> None:
    response = api.get(PATH, **asked)
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == path


def test_it_shows_nobody_elses(
    outsider: Api, outsiders_tools: Tools, make_issue: MakeIssue, make_agent: MakeAgent
) -> None:
    agent = make_agent()
    row = make_issue(agent=agent)
    assert causes(outsider.get(PATH)) == []
    assert causes(outsider.get(PATH, agentId=str(agent.id))) == []
    assert outsider.get(f"{PATH}/{row.id}").status_code == 404
    assert outsiders_tools.call("list_issues")["data"] == []


def test_issues_of_the_instance_are_told_to_keys_of_owners(
    api: Api,
    tools: Tools,
    make_issue: MakeIssue,
    alice: User,
    dora: User,
    full_key: tuple[ApiKey, str],
) -> None:
    row = make_issue("disk_full", cause="disk")
    make_issue(cause="refused")
    for maker, found in ((alice, ["refused", "disk"]), (dora, ["refused"])):
        ApiKey.objects.filter(pk=full_key[0].pk).update(made_by=maker)
        assert causes(api.get(PATH)) == found
        assert len(tools.call("list_issues")["data"]) == len(found)
        status = 200 if maker == alice else 404
        assert api.get(f"{PATH}/{row.id}").status_code == status


def test_keys_of_other_scopes(
    reader: Api, poster: Api, stranger: Api, make_issue: MakeIssue
) -> None:
    row = make_issue()
    for path in (PATH, f"{PATH}/{row.id}"):
        assert reader.get(path).status_code == 200
        assert poster.get(path).status_code == 403
        assert stranger.get(path).status_code == 401


@pytest.mark.parametrize("id_", ["1", str(uuid.UUID(int=7))])
def test_another_id_is_not_there(api: Api, id_: str) -> None:
    response = api.get(f"{PATH}/{id_}")
    assert response.status_code == 404
    assert "There is no issue" in response.json()["detail"]


@pytest.mark.parametrize("rows", [1, 50])
def test_it_asks_as_little_for_many_as_for_one(
    api: Api,
    make_issue: MakeIssue,
    make_agent: MakeAgent,
    alice: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    rows: int,
) -> None:
    for _ in range(rows):
        make_issue(agent=make_agent(), acknowledged_by=alice, acknowledged_at=NOON)
    api.get(PATH)
    with django_assert_num_queries(4):
        assert len(causes_count(api.get(PATH))) == rows


def causes_count(response: Any) -> list[Any]:
    rows: list[Any] = response.json()["data"]
    return rows


def test_the_tool_gives_the_same(tools: Tools, api: Api, make_issue: MakeIssue) -> None:
    make_issue()
    make_issue("agent_silent", facts={"agent": "Front desk"})
    told = api.get(PATH).json()["data"]
    assert tools.call("list_issues") == {"data": told, "nextCursor": None}
    one = tools.call("list_issues", state="open", limit=1)
    assert one["data"] == told[:1]
    assert tools.call("list_issues", cursor=one["nextCursor"])["data"] == told[1:]
    assert tools.call("list_issues", from_="2026-11-21")["data"] == []
