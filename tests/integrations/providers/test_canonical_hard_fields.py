"""What refuses a body: every fault at once, each with its path."""

from __future__ import annotations

import uuid

import pytest

from integrations.providers import read
from tests.integrations.bodies import body, call, paths, refused, taken, turns, warned

AGENT_ID = "0193a7e2-5a4c-7cc2-9a3e-6b2f8f1d2c3b"


def test_the_least_body_is_taken():
    update = taken({"call": {"externalId": "c-1"}, "agent": {"externalId": "a-1"}})
    assert (update.external_id, update.agent.external_id) == ("c-1", "a-1")
    assert update.turns is None
    assert update.metadata is None


@pytest.mark.parametrize("value", [None, "c-1", 3, [], True])
def test_call_must_be_an_object(value):
    faults = refused(body(call=value))
    assert list(faults) == ["call"]
    assert ("required" if value is None else "must be an object") in faults["call"]


@pytest.mark.parametrize("part", ["call", "agent"])
@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("", "must not be empty"),
        ("x" * 256, "at most 255 characters"),
        ("a\tb", "control characters"),
        ("a\n", "control characters"),
        ("a\x7fb", "control characters"),
        ("a\x85b", "control characters"),
        ("a\0b", "control characters"),
        ("a\ud800b", "surrogate"),
        (True, "must be text; got true"),
        ({}, "must be text; got an object"),
        ([], "must be text; got a list"),
    ],
)
def test_an_external_id_that_does_not_fit_is_refused(part, value, detail):
    faults = refused(body(**{part: {"externalId": value}}))
    assert list(faults) == [f"{part}.externalId"]
    assert detail in faults[f"{part}.externalId"]


@pytest.mark.parametrize(
    ("value", "read_as"),
    [(12, "12"), (1.5, "1.5"), ("x" * 255, "x" * 255), ("é 電話/1", "é 電話/1")],
)
def test_an_external_id_may_be_a_number(value, read_as):
    update = taken(body(call={"externalId": value}, agent={"externalId": value}))
    assert update.external_id == update.agent.external_id == read_as


def test_a_number_too_long_for_an_id_is_refused():
    assert list(refused(body(call={"externalId": 10**299}))) == ["call.externalId"]


def test_an_absent_call_id_is_required():
    for sent in ({}, {"externalId": None}):
        assert refused(body(call=sent)) == {"call.externalId": "is required"}


@pytest.mark.parametrize("agent", [None, {}, {"name": "A"}, {"externalId": None}])
def test_a_missing_agent_reference_has_the_path_agent(agent):
    faults = refused(body(agent=agent))
    assert list(faults) == ["agent"]
    assert "agent.externalId" in faults["agent"]


@pytest.mark.parametrize("agent", ["a-1", 3, [], ""])
def test_an_agent_must_be_an_object(agent):
    assert "must be an object" in refused(body(agent=agent))["agent"]


def test_an_agent_id_is_enough():
    update = taken({"call": {"externalId": "c"}, "agentId": AGENT_ID})
    assert update.agent.id == uuid.UUID(AGENT_ID)
    assert update.agent.external_id is None


@pytest.mark.parametrize("value", ["", "support", 12, True, {}, f"{AGENT_ID}0"])
def test_an_agent_id_must_be_a_uuid(value):
    assert "UUID" in refused(body(agentId=value))["agentId"]


def test_with_a_good_agent_id_the_name_counts():
    update = taken(body(agentId=AGENT_ID, agent={"name": "Ada"}))
    assert (update.agent.id, update.agent.name) == (uuid.UUID(AGENT_ID), "Ada")


@pytest.mark.parametrize(
    ("agent", "path"),
    [
        ("a-1", "agent"),
        ({"externalId": "x" * 256, "name": "Ada"}, "agent.externalId"),
        ({"externalId": "a\0", "name": "Ada"}, "agent.externalId"),
        ({"externalId": True, "name": "Ada"}, "agent.externalId"),
        ({"externalId": "a", "name": ["Ada"]}, "agent.name"),
    ],
)
def test_with_a_good_agent_id_the_rest_of_agent_is_soft(agent, path):
    update, (warned_path, detail) = warned(body(agentId=AGENT_ID, agent=agent))
    assert warned_path == path
    assert "dropped" in detail
    assert update.agent.name == ("Ada" if path == "agent.externalId" else None)


def test_with_a_bad_agent_id_agent_is_still_hard():
    faults = refused(body(agentId="x", agent={"externalId": ""}))
    assert sorted(faults) == ["agent.externalId", "agentId"]


@pytest.mark.parametrize(
    ("transcript", "path", "detail"),
    [
        ([], "transcript", "must be an object"),
        ("hi", "transcript", "must be an object"),
        ({"turns": {}}, "transcript.turns", "must be a list"),
        ({"turns": "hi"}, "transcript.turns", 'must be a list; got "hi"'),
        ({"turns": ["hi"]}, "transcript.turns[0]", "must be an object"),
        ({"turns": [None]}, "transcript.turns[0]", "required"),
    ],
)
def test_a_transcript_must_have_its_shape(transcript, path, detail):
    faults = refused(body(transcript=transcript))
    assert list(faults) == [path]
    assert detail in faults[path]


@pytest.mark.parametrize("role", ["agent", "User", "", 3, True, {}, "us\0er"])
def test_an_unknown_role_is_refused(role):
    faults = refused(turns({"role": "user"}, {"role": role}))
    assert list(faults) == ["transcript.turns[1].role"]
    assert "one of user, assistant, system, tool" in faults["transcript.turns[1].role"]


def test_a_refusal_shows_what_came_instead():
    assert refused(turns({"role": "agent"})) == {
        "transcript.turns[0].role": (
            'must be one of user, assistant, system, tool; got "agent"'
        )
    }


@pytest.mark.parametrize("turn", [{}, {"role": None}, {"content": "x"}])
def test_a_role_is_required(turn):
    assert refused(turns(turn)) == {"transcript.turns[0].role": "is required"}


def test_ten_thousand_turns_pass_and_one_more_does_not():
    many = [{"role": "user", "content": "x"}] * 10_000
    assert len(taken(turns(*many)).turns or ()) == 10_000
    assert refused(turns(*many, many[0])) == {
        "transcript.turns": "must have at most 10,000 turns, not 10,001"
    }


def test_all_faults_are_told_at_once():
    payload = {
        "call": {"externalId": "", "cost": "free"},
        "agentId": "x",
        "transcript": {"turns": [{"role": "x", "content": 3}, 1]},
    }
    assert paths(read("zelto", payload)) == [
        "call.externalId",
        "agentId",
        "transcript.turns[0].role",
        "transcript.turns[1]",
    ]


def test_a_missing_call_and_a_missing_agent_are_told_together():
    faults = refused({})
    assert sorted(faults) == ["agent", "call"]
    assert faults["call"] == "is required"


def test_a_number_as_id_does_not_hide_another_fault():
    payload = {"call": {"externalId": 10**299}, "agent": {"externalId": ""}}
    assert sorted(refused(payload)) == ["agent.externalId", "call.externalId"]


def test_every_fault_is_counted():
    assert len(read("zelto", turns(*[{"role": "x"}] * 300)).errors) == 300


@pytest.mark.parametrize("value", ["x" * 1000, "x" * 61, ["x" * 1000], 10**200])
def test_a_refusal_never_repeats_more_than_sixty_characters(value):
    faults = refused(turns({"role": value}))
    assert len(faults["transcript.turns[0].role"]) < 60 + 60


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("é" * 60, '"' + "é" * 60 + '"'),
        ("é" * 61, '"' + "é" * 60 + '…"'),
        (True, "true"),
        (12.5, "12.5"),
    ],
)
def test_a_short_value_is_shown_as_it_is(value, shown):
    (detail,) = refused(turns({"role": value})).values()
    assert detail.endswith(f"; got {shown}")


def test_a_refusal_can_be_stored():
    for value in ("a\0b", "a\ud800b"):
        details = "".join(refused(turns({"role": value})).values())
        assert "\0" not in details
        assert details.encode()


@pytest.mark.parametrize(
    ("payload", "agent", "external_id"),
    [
        ({}, None, None),
        (call(cost="x") | {"agent": 3}, None, "c-1"),
        ({"call": 3, "agent": {"externalId": "a\0b"}}, "a�b", None),
        ({"call": {"externalId": 5}, "agentId": "x"}, "x", "5"),
        ({"call": {"externalId": "x" * 999}, "agentId": 4}, "4", "x" * 255),
        ({"call": {"externalId": "\ud800"}, "agent": {"externalId": []}}, None, "�"),
        ({"call": {"externalId": True}, "agentId": {}}, None, None),
    ],
)
def test_a_refusal_names_for_the_log_what_it_could_read(payload, agent, external_id):
    reading = read("zelto", payload)
    assert reading.errors
    assert reading.agent_reference == agent
    assert reading.call_external_id == external_id


def test_what_is_taken_names_its_agent_and_call_too():
    reading = read("zelto", body())
    assert (reading.agent_reference, reading.call_external_id) == ("a-1", "c-1")
    reading = read("zelto", {"call": {"externalId": "c"}, "agentId": AGENT_ID})
    assert reading.agent_reference == AGENT_ID
