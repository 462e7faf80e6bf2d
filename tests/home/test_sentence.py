"""The sentence that says whether all is well, for each combination of counts."""

from __future__ import annotations

import itertools

import pytest

from home.sentence import About, AgentCounts, Situation, State, answer


def said(**counts: int | bool) -> str:
    return str(answer(Situation(agents=AgentCounts(**counts))))


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({}, "No agent is known."),
        ({"active": 1}, "The agent forwards."),
        ({"active": 12}, "All 12 agents forward."),
        ({"active": 1200}, "All 1,200 agents forward."),
        ({"silent": 1}, "The agent is silent."),
        ({"refused": 1}, "The agent is refused."),
        ({"failed": 1}, "The agent sent what failed."),
        ({"resting": 1}, "The agent had no session lately."),
        ({"silent": 3}, "All 3 agents are silent."),
        ({"refused": 2}, "All 2 agents are refused."),
        ({"resting": 4}, "None of 4 agents had a session lately."),
        ({"active": 11, "silent": 1}, "11 of 12 agents forward; 1 is silent."),
        ({"active": 1, "silent": 2}, "1 of 3 agents forwards; 2 are silent."),
        (
            {"active": 9, "silent": 1, "refused": 2},
            "9 of 12 agents forward; 2 are refused and 1 is silent.",
        ),
        (
            {"silent": 1, "refused": 2},
            "None of 3 agents forwards; 2 are refused and 1 is silent.",
        ),
        (
            {"active": 9, "resting": 3},
            "9 of 12 agents forward; 3 had no session lately.",
        ),
        (
            {"active": 5, "failed": 1, "refused": 1, "silent": 1, "resting": 1},
            "5 of 9 agents forward; 1 sent what failed, 1 is refused, 1 is silent and "
            "1 had no session lately.",
        ),
        ({"retired": 1}, "The agent is retired."),
        ({"retired": 1, "sending": 1}, "The agent is retired and still sends."),
        ({"retired": 4}, "All 4 agents are retired."),
        ({"retired": 4, "sending": 1}, "All 4 agents are retired; 1 still sends."),
        ({"retired": 4, "sending": 2}, "All 4 agents are retired; 2 still send."),
        ({"active": 2, "retired": 4}, "All 2 agents forward."),
    ],
)
def test_it_says_what_the_agents_do(counts: dict[str, int], text: str) -> None:
    assert said(**counts) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "All 12 agents forward."),
        ({"is_told": True}, "All 12 agents forward. No session is missing today."),
        ({"missing": 1}, "All 12 agents forward. 1 session is missing today."),
        ({"missing": 2}, "All 12 agents forward. 2 sessions are missing today."),
        ({"refused": 1}, "All 12 agents forward. 1 session was refused today."),
        (
            {"missing": 2, "refused": 3, "is_told": True},
            "All 12 agents forward. 2 sessions are missing today. 3 sessions were "
            "refused today.",
        ),
        ({"open_issues": 1}, "All 12 agents forward. 1 issue is open."),
        ({"open_issues": 3}, "All 12 agents forward. 3 issues are open."),
        (
            {"open_issues": 50, "more_issues": True},
            "All 12 agents forward. More than 50 issues are open.",
        ),
        (
            {"worker_away_since": "14:02"},
            "Zelto's worker is away since 14:02: what arrives is stored and waits. All "
            "12 agents forward.",
        ),
        (
            {"worker_away_since": "never"},
            "No worker of Zelto has run yet: what arrives is stored and waits. All 12 "
            "agents forward.",
        ),
    ],
)
def test_it_says_what_else_there_is(values: dict[str, int], text: str) -> None:
    agents = AgentCounts(active=12)
    assert str(answer(Situation(agents=agents, **values))) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, State.NONE),
        ({"retired": 2}, State.NONE),
        ({"retired": 2, "sending": 1}, State.WARN),
        ({"resting": 2}, State.NONE),
        ({"active": 1}, State.OK),
        ({"active": 1, "resting": 9}, State.OK),
        ({"active": 9, "silent": 1}, State.WARN),
        ({"active": 9, "refused": 1, "silent": 1}, State.BAD),
        ({"active": 9, "failed": 1}, State.BAD),
    ],
)
def test_agents_colour_it(values: dict[str, int], state: State) -> None:
    assert answer(Situation(agents=AgentCounts(**values))).state is state


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"is_told": True}, State.OK),
        ({"missing": 1}, State.BAD),
        ({"refused": 1}, State.BAD),
        ({"worker_away_since": "14:02"}, State.BAD),
        ({"open_issues": 1}, State.WARN),
        ({"open_issues": 1, "missing": 1}, State.BAD),
    ],
)
def test_what_is_lost_colours_it(values: dict[str, int], state: State) -> None:
    situation = Situation(agents=AgentCounts(active=3), **values)  # type: ignore[arg-type]
    assert answer(situation).state is state


def test_each_combination_is_a_sentence_that_counts_every_agent() -> None:
    names = ("active", "failed", "refused", "silent", "resting", "retired")
    for values in itertools.product((0, 1, 2), repeat=len(names)):
        counts = dict(zip(names, values, strict=True))
        agents = AgentCounts(**counts)
        text = said(**counts)
        assert text.endswith(".")
        assert text[0].isupper() or text[0].isdigit()
        assert "  " not in text
        assert " 0 " not in f" {text}"
        if agents.in_service > 1:
            assert f" {agents.in_service} agents" in f" {text}"
        if not agents.need_a_look:
            assert "silent" not in text
            assert "refused" not in text


def test_each_clause_says_what_it_is_about() -> None:
    situation = Situation(
        agents=AgentCounts(active=2),
        missing=1,
        refused=1,
        open_issues=1,
        worker_away_since="9:00",
    )
    assert [clause.about for clause in answer(situation).clauses] == [
        About.WORKER,
        About.AGENTS,
        About.MISSING,
        About.REFUSED,
        About.ISSUES,
    ]
