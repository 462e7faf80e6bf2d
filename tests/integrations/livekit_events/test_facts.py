"""What events say, built by LiveKit's own package; in any order, however often."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.protocol.agent import JobState
from livekit.protocol.egress import EgressInfo, FileInfo
from livekit.protocol.models import DisconnectReason, ParticipantInfo
from livekit.protocol.webhook import WebhookEvent

from integrations.livekit_events.facts import EventFacts, read_event
from integrations.livekit_events.room_facts import RoomFacts
from integrations.livekit_events.session_facts import SessionFacts
from tests.integrations.livekit_events.livekit_server import (
    agent,
    at,
    caller,
    egress,
    event,
    job,
    nano,
    of_track,
    one_call,
    person,
    room,
    track,
    unix,
    written,
)

NOW = at(9999)


def read(message: WebhookEvent) -> EventFacts:
    return read_event(json.loads(written(message)), NOW)


def room_after(events: Sequence[WebhookEvent]) -> RoomFacts:
    told = RoomFacts("RM_one")
    for message in events:
        found = read(message).room
        told = told | found if found else told
    return told


def session_after(events: Sequence[WebhookEvent]) -> SessionFacts:
    told = SessionFacts("AJ_one")
    for message in events:
        found = read(message).session
        told = told | found if found else told
    return told


def test_a_whole_call_is_told() -> None:
    events = one_call()
    told, session = room_after(events), session_after(events)
    assert told.name == "front-desk-1"
    assert told.started_at == at(0.25)
    assert told.finished_at == at(58)
    assert told.was_joined
    assert told.caller is not None
    assert asdict(told.caller) == {
        "joined_at": at(2.5),
        "number": "+15550100",
        "name": "Phone +15550100",
        "call_id": "SCL_one",
    }
    assert session == SessionFacts(
        reference="AJ_one",
        job_id="AJ_one",
        room_sid="RM_1",
        room_name="front-desk-1",
        agent_name="front-desk",
        participant_identity="agent-AJ_one",
        job_started_at=at(1),
        job_ended_at=at(56),
        job_status="success",
        worker_id="AW_one",
        joined_at=at(1.5),
        last_joined_at=at(1.5),
        left_at=at(55),
        has_spoken=True,
    )


HARD = [
    event("room_started", 0, room=room()),
    event("participant_joined", 1, room=room(), participant=agent()),
    event("participant_left", 1, room=room(), participant=agent()),
    event("participant_joined", 5, room=room(), participant=agent(joined=5)),
    event("participant_left", 40, room=room(), participant=agent(joined=5)),
    event("participant_joined", 41, room=room(), participant=agent(joined=41)),
    event("participant_joined", 2, room=room(), participant=caller("dialing")),
    event(
        "track_published",
        2,
        room=room(),
        participant=of_track(caller()),
        track=track(),
    ),
    event(
        "participant_left",
        9,
        room=room(),
        participant=caller(
            "hangup", disconnect_reason=DisconnectReason.USER_UNAVAILABLE
        ),
    ),
    event(
        "participant_joined", 3, room=room(), participant=caller(sid="PA_b", joined=3)
    ),
    event(
        "agent_job_ended",
        50,
        job=job(state=JobState(status=3, ended_at=nano(50), error="lost")),
    ),
    event("agent_job_ended", 51, job=job(state=JobState(status=2, ended_at=nano(51)))),
    event("room_finished", 60, room=room()),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(range(len(HARD))), max_size=30), st.permutations(HARD))
def test_any_order_and_repetition_tell_the_same(
    again: list[int], order: list[WebhookEvent]
) -> None:
    events = [*order, *(HARD[index] for index in again)]
    assert room_after(events) == room_after(HARD)
    assert room_after(events).was_joined == room_after(HARD).was_joined
    assert session_after(events) == session_after(HARD)


PEOPLE = [
    event("participant_joined", 2, room=room(), participant=caller("dialing")),
    event("track_published", 2, room=room(), participant=of_track(caller())),
    event("participant_joined", 1, room=room(), participant=agent(identity="bot")),
    event("track_published", 3, room=room(), participant=of_track(agent())),
    event("room_finished", 60, room=room()),
    event(
        "participant_left",
        9,
        room=room(),
        participant=caller("hangup", disconnect_reason=DisconnectReason.USER_REJECTED),
    ),
    event("participant_joined", 3, room=room(), participant=person()),
]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_part_of_it_adds_up_the_same_in_any_grouping(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(PEOPLE), unique_by=id, max_size=7))
    order = data.draw(st.permutations(chosen))
    cut = data.draw(st.integers(0, len(order)))
    grouped = room_after(order[:cut]) | room_after(order[cut:])
    assert grouped == room_after(chosen)
    assert grouped.was_joined == room_after(chosen).was_joined


def joined(participant: ParticipantInfo) -> WebhookEvent:
    return event("participant_joined", 2, room=room(), participant=participant)


def left(participant: ParticipantInfo) -> WebhookEvent:
    return event("participant_left", 9, room=room(), participant=participant)


def published(participant: ParticipantInfo) -> WebhookEvent:
    return event(
        "track_published",
        2,
        room=room(),
        participant=of_track(participant),
        track=track(),
    )


FINISHED = event("room_finished", 60, room=room())
Kind = ParticipantInfo.Kind
Left = DisconnectReason
WHO: dict[str, tuple[list[WebhookEvent], bool]] = {
    "nobody": ([], False),
    "a person": ([joined(person())], True),
    "a person whose join was lost": ([left(person())], True),
    "a person of whom only a track is told": ([published(person())], True),
    "whoever came by a connector": ([joined(person(kind=Kind.CONNECTOR))], True),
    "an agent": ([joined(agent()), published(agent())], False),
    "an agent by another identity": (
        [joined(agent(identity="bot")), published(agent(identity="bot"))],
        False,
    ),
    "that agent, whose track came first": (
        [published(agent(identity="bot")), joined(agent(identity="bot"))],
        False,
    ),
    "a recorder": ([joined(person(kind=Kind.EGRESS))], False),
    "a stream": ([joined(person(kind=Kind.INGRESS)), published(person())], False),
    "a caller": ([joined(caller("active"))], True),
    "a caller without a status": ([joined(caller(""))], True),
    "a phone that rings": ([joined(caller("dialing")), published(caller())], False),
    "a phone that nobody answered": (
        [
            joined(caller("dialing")),
            published(caller()),
            left(caller("hangup", disconnect_reason=Left.USER_UNAVAILABLE)),
        ],
        False,
    ),
    "a phone that was answered": (
        [
            joined(caller("dialing")),
            left(caller("hangup", disconnect_reason=Left.CLIENT_INITIATED)),
        ],
        True,
    ),
    "a phone of which nothing more was told": (
        [joined(caller("dialing")), FINISHED],
        True,
    ),
}


@pytest.mark.parametrize("who", WHO)
def test_it_knows_whether_a_person_was_there(who: str) -> None:
    events, was_joined = WHO[who]
    assert room_after(events).was_joined is was_joined


def test_an_avatar_is_no_session_of_its_own() -> None:
    avatar = agent(
        sid="PA_avatar",
        identity="avatar",
        attributes={"lk.publish_on_behalf": "agent-AJ_one"},
    )
    assert read(joined(avatar)).session is None
    assert not room_after([joined(avatar), published(avatar)]).was_joined


def test_an_agent_with_another_identity_is_known_by_its_sid() -> None:
    told = read(joined(agent(identity="bot", sid="PA_bot"))).session
    assert told is not None
    assert (told.reference, told.job_id) == ("PA_bot", "")
    assert told.participant_identity == "bot"


@pytest.mark.parametrize(
    "identity", ["agent-smith", "agent-", "agent-AJ_", "my-agent-AJ_1"]
)
def test_a_person_who_is_called_like_an_agent_is_none(identity: str) -> None:
    them = person(identity=identity)
    assert read(joined(them)).session is None
    assert read(published(them)).session is None
    assert room_after([published(them)]).was_joined


@pytest.mark.parametrize(("kind", "has_spoken"), [(0, True), (1, False), (2, False)])
def test_only_audio_is_speech(kind: int, has_spoken: bool) -> None:
    message = event(
        "track_published",
        room=room(),
        participant=of_track(agent()),
        track=track(kind),
    )
    told = read(message).session
    assert (told is not None and told.has_spoken) is has_spoken


def test_a_job_that_waited_in_vain_says_why() -> None:
    state = JobState(status=4, ended_at=nano(9), reason=1)
    told = read(event("agent_job_ended", job=job(state=state))).session
    assert told is not None
    assert (told.job_status, told.job_error) == ("cancelled", "no capacity")
    assert told.job_started_at is None


def test_a_job_that_waits_is_no_session_yet() -> None:
    assert read(event("agent_job_pending", job=job())).session is None


def test_an_egress_tells_its_files() -> None:
    told = read(event("egress_ended", egress_info=egress())).egress
    assert told is not None
    assert (told.status, told.room_sid) == ("complete", "RM_one")
    assert (told.started_at, told.ended_at) == (at(2), at(55))
    assert told.files == [
        {
            "filename": "calls/one.ogg",
            "location": "https://bucket.s3.amazonaws.com/calls/one.ogg",
            "size": 5_000_000_000,
            "duration": 50.0,
            "startedAt": at(2).timestamp(),
        }
    ]


def test_an_older_server_tells_one_file() -> None:
    single = EgressInfo(egress_id="EG_one", file=FileInfo(filename="a.ogg", size=7))
    told = read(event("egress_ended", egress_info=single)).egress
    assert told is not None
    assert [one["filename"] for one in told.files] == ["a.ogg"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_word_on_an_egress_counts(order: int) -> None:
    events = [
        event("egress_started", egress_info=egress(0, updated=2, file_results=[])),
        event("egress_updated", egress_info=egress(1, updated=9, file_results=[])),
        event("egress_ended", egress_info=egress(4, updated=60, error="no space")),
    ][::order]
    found = [read(one).egress for one in events]
    told = found[0]
    for one in found[1:]:
        assert told is not None and one is not None
        told = told | one
    assert told is not None
    assert (told.status, told.error) == ("failed", "no space")


def renamed(value: Any) -> Any:
    """The same with the names of the `.proto` file, numbers as numbers."""
    if isinstance(value, dict):
        snake = {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in name): inner
            for name, inner in value.items()
        }
        snake.pop("attributes", None)
        same = {"attributes": value["attributes"]} if "attributes" in value else {}
        return {name: renamed(inner) for name, inner in snake.items()} | same
    if isinstance(value, list):
        return [renamed(one) for one in value]
    return int(value) if isinstance(value, str) and value.isdigit() else value


def numbered(value: Any) -> Any:
    """The same with the numbers of enums."""
    text = json.dumps(value)
    for name, number in (
        ("AGENT", 4),
        ("SIP", 3),
        ("JS_SUCCESS", 2),
        ("JS_RUNNING", 1),
        ("EGRESS_COMPLETE", 3),
    ):
        text = text.replace(f'"{name}"', str(number))
    return json.loads(text)


@pytest.mark.parametrize(
    "other", [renamed, numbered, lambda value: numbered(renamed(value))]
)
def test_other_forms_of_the_same_json_are_read_alike(
    other: Callable[[Any], Any],
) -> None:
    for message in [*one_call(), event("egress_ended", egress_info=egress())]:
        told = json.loads(written(message))
        assert read_event(other(told), NOW) == read_event(told, NOW)


def test_what_is_unknown_does_no_harm() -> None:
    odd = {
        "event": "moon_landed",
        "id": "EV_1",
        "createdAt": "soon",
        "room": ["RM_one"],
        "participant": {"kind": "ALIEN"},
    }
    assert read_event(odd, NOW) == EventFacts(NOW)
    kind = {"sid": "PA_x", "kind": "ALIEN", "joinedAt": 2**70, "attributes": 7}
    told = read_event(
        {"event": "participant_joined", "room": {"sid": "RM_one"}, "participant": kind},
        NOW,
    )
    assert told.room is not None and told.room.was_joined


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)
NAMES = [
    *("room_started", "room_finished", "participant_joined", "participant_left"),
    *("track_published", "agent_job_started", "agent_job_ended", "egress_ended"),
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.data(),
)
def test_nothing_that_is_json_breaks_it(name: str, data: st.DataObject) -> None:
    """Each value of a real event replaced by any other."""
    real = next(
        (one for one in one_call() if one.event == name),
        event("egress_ended", egress_info=egress()),
    )
    told = json.loads(written(real))
    place: Any = told
    path = []
    while isinstance(place, dict) and place:
        key = data.draw(st.sampled_from(sorted(place)))
        path.append((place, key))
        place = place[key]
        if data.draw(st.booleans()):
            break
    holder, key = path[-1]
    holder[key] = data.draw(JSON)
    read_event({**told, "event": name}, NOW)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (unix(5), at(5)),
        (str(unix(5)), at(5)),
        (unix(5) * 1000 + 250, at(5.25)),
        (unix(5) * 10**6, at(5)),
        (str(nano(5.25)), at(5.25)),
        (float(unix(5)), at(5)),
        (0, NOW),
        (-5, NOW),
        (True, NOW),
        ("", NOW),
        (10**30, NOW),
        (2**63 - 1, datetime.fromisoformat("2262-04-11T23:47:16.854775+00:00")),
    ],
)
def test_times_are_read_in_any_unit(value: Any, expected: datetime) -> None:
    assert read_event({"event": "x", "createdAt": value}, NOW).created_at == expected
