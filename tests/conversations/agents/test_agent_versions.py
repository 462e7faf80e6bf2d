"""The builds of an agent side by side, and how its calls ended."""

from datetime import timedelta

import pytest

from conversations.agents import version_comparison
from conversations.agents.version_comparison import Reason, compare_versions
from tests.conversations.conftest import NOON

NASTY = "<script>alert(1)</script>"


def url_of(agent):
    return f"/org/acme/agents/{agent.id}/versions"


@pytest.fixture
def agent(make_agent):
    return make_agent(name="Front desk")


def answers(*latencies):
    return [
        {"role": "assistant", "content": "Hi", "metrics": {"e2e_latency": latency}}
        for latency in latencies
    ]


def by_name(comparison):
    return {version.name: version for version in comparison.versions}


def test_it_counts_versions_the_latest_seen_first(agent, make_conversation):
    for version in ("v1", "v2", "v2", ""):
        make_conversation(agent=agent, version=version, duration_seconds=60)
    make_conversation(agent=agent, version="v2", duration_seconds=10)
    found = compare_versions(agent, NOON)
    assert [(one.name, one.count, one.share) for one in found.versions] == [
        ("v2", 3, 60),
        ("", 1, 20),
        ("v1", 1, 20),
    ]
    assert by_name(found)["v2"].duration == 60


def test_it_tells_how_calls_ended_altogether_and_by_version(agent, make_conversation):
    for version, reason in (("v1", "hangup"), ("v2", "hangup"), ("v2", ""), ("v2", "")):
        make_conversation(agent=agent, version=version, ended_reason=reason)
    found = compare_versions(agent, NOON)
    assert found.reasons == [Reason("", 2, 50), Reason("hangup", 2, 50)]
    assert by_name(found)["v2"].reasons == [Reason("", 2, 67), Reason("hangup", 1, 33)]
    assert by_name(found)["v1"].reasons == [Reason("hangup", 1, 100)]


def test_it_tells_how_many_of_a_version_succeeded(bob_client, agent, make_conversation):
    for version, outcome in (
        *(("v1", "success"), ("v1", "fail"), ("v1", "fail"), ("v1", "")),
        ("v2", "success"),
        ("v3", ""),
    ):
        make_conversation(agent=agent, version=version, outcome=outcome)
    found = by_name(compare_versions(agent, NOON))
    assert (found["v1"].succeeded, found["v1"].judged) == (1, 3)
    assert found["v1"].success == 33
    assert found["v2"].success == 100
    assert found["v3"].success is None
    content = bob_client.get(url_of(agent)).content.decode()
    assert "1 of 3 calls with an outcome" in content
    assert f"agent={agent.id}&amp;version=v1&amp;outcome=fail" in content


def test_without_outcomes_no_share_of_success_is_shown(
    bob_client, agent, make_conversation
):
    make_conversation(agent=agent, version="v1")
    assert ">Success<" not in bob_client.get(url_of(agent)).content.decode()


def test_rare_reasons_are_counted_together(agent, make_conversation):
    for number in range(version_comparison.MAX_REASONS + 3):
        make_conversation(agent=agent, ended_reason=f"error {number}")
    found = compare_versions(agent, NOON)
    assert len(found.reasons) == version_comparison.MAX_REASONS
    assert found.other_reasons == 3


def test_old_versions_are_counted_together(agent, make_conversation):
    for number in range(version_comparison.MAX_VERSIONS + 2):
        make_conversation(agent=agent, version=f"v{number}")
    found = compare_versions(agent, NOON)
    assert len(found.versions) == version_comparison.MAX_VERSIONS
    assert found.others == 2


def test_latencies_are_of_the_answers_in_transcripts(agent, make_conversation):
    make_conversation(agent=agent, version="v1", turns=answers(*range(1, 101)))
    make_conversation(agent=agent, version="v2", turns=[{"role": "user"}])
    make_conversation(agent=agent, version="v3")
    found = by_name(compare_versions(agent, NOON))
    latency = found["v1"].latency
    assert latency
    assert (latency.median, round(latency.p95, 2)) == (50.5, 95.05)
    assert (latency.answers, latency.calls) == (100, 1)
    assert found["v2"].latency is None
    assert found["v3"].latency is None


def test_what_is_no_latency_is_left_out(agent, make_conversation):
    odd = [0, -1, 3601, "1.5", None, True, [], {}, [2], 1e300]
    turns = [
        *answers(*odd, 0.5),
        {"role": "assistant", "metrics": "none"},
        {"role": "assistant", "metrics": [1]},
    ]
    make_conversation(agent=agent, turns=turns)
    latency = compare_versions(agent, NOON).versions[0].latency
    assert latency
    assert latency.answers <= 2  # a list of one number may pass for it
    assert latency.median <= 2


def test_of_each_version_only_the_newest_transcripts_are_read(
    agent, make_conversation, monkeypatch
):
    monkeypatch.setattr(version_comparison, "LATENCIES_FROM", 2)
    for latency in (100, 1, 2):
        make_conversation(agent=agent, version="v1", turns=answers(latency))
    make_conversation(agent=agent, version="v2", turns=answers(5))
    found = by_name(compare_versions(agent, NOON))
    assert found["v1"].latency
    assert (found["v1"].latency.median, found["v1"].latency.calls) == (1.5, 2)
    assert found["v2"].latency


def test_long_transcripts_are_fewer_transcripts(agent, make_conversation, monkeypatch):
    monkeypatch.setattr(version_comparison, "MAX_TURNS_READ", 10)
    for latency in (100, 2, 1):
        make_conversation(agent=agent, turns=answers(*[latency] * 8))
    read = compare_versions(agent, NOON).versions[0].latency
    assert read
    assert read.calls == 2


def test_only_the_weeks_up_to_its_last_session_count(agent, make_conversation):
    make_conversation(agent=agent, version="old", created_at=NOON - timedelta(days=29))
    make_conversation(agent=agent, version="new", created_at=NOON - timedelta(days=27))
    assert [one.name for one in compare_versions(agent, NOON).versions] == ["new"]


def test_a_year_of_calls_is_cut_and_says_so(
    bob_client, agent, make_conversation, monkeypatch
):
    monkeypatch.setattr(version_comparison, "MAX_CALLS", 3)
    for number in range(5):
        make_conversation(agent=agent, version=f"v{number}")
    found = compare_versions(agent, NOON)
    assert (found.total, found.is_cut) == (3, True)
    content = bob_client.get(url_of(agent)).content.decode()
    assert "Over its newest 3 calls." in content
    assert "in the newest 500 calls of each version" in content


def test_anothers_calls_are_not_its_own(agent, make_agent, make_conversation):
    make_conversation(agent=agent, version="mine", turns=answers(1))
    make_conversation(agent=make_agent(), version="mine", turns=answers(9))
    (version,) = compare_versions(agent, NOON).versions
    assert version.count == 1
    assert version.latency
    assert version.latency.median == 1


def test_the_panel_says_that_no_version_was_sent(bob_client, agent, make_conversation):
    make_conversation(agent=agent)
    content = bob_client.get(url_of(agent)).content.decode()
    assert "No version was sent" in content
    assert "No reason sent" in content


def test_the_panel_of_an_agent_without_calls(bob_client, agent):
    content = bob_client.get(url_of(agent)).content.decode()
    assert "compared here once there are calls" in content


def test_its_links_carry_the_filter(bob_client, agent, make_conversation):
    make_conversation(agent=agent, version="v 1&2", ended_reason="a=b")
    content = bob_client.get(url_of(agent)).content.decode()
    assert f"agent={agent.id}&amp;version=v%201%262" in content
    assert f"agent={agent.id}&amp;ended_reason=a%3Db" in content


def test_everything_is_escaped(bob_client, agent, make_conversation):
    make_conversation(agent=agent, version=NASTY, ended_reason=NASTY)
    assert NASTY not in bob_client.get(url_of(agent)).content.decode()


def test_htmx_gets_the_fragment_alone(bob_client, agent):
    fragment = bob_client.get(url_of(agent), headers={"HX-Request": "true"})
    assert b"<html" in bob_client.get(url_of(agent)).content
    assert b"<html" not in fragment.content


def test_it_takes_a_fixed_number_of_queries(
    agent, make_conversation, django_assert_num_queries
):
    for count in (5, 50):
        for number in range(count):
            make_conversation(agent=agent, version=f"v{number}", turns=answers(1))
        with django_assert_num_queries(3):
            compare_versions(agent, NOON)


def test_it_refuses_an_outsider(charlie_client, agent):
    assert charlie_client.get(url_of(agent)).status_code == 404
    other = url_of(agent).replace("acme", "globex")
    assert charlie_client.get(other).status_code == 404


def test_it_sends_the_signed_out_to_the_login(client, agent):
    assert client.get(url_of(agent))["Location"].startswith("/login")
