"""That `make bench` measures what it says. What it measured is not a test's matter."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from accounts.actions import create_key
from accounts.models import Membership, Organization, Role, User
from api.sealed_cursor import seal
from bench.addresses import REQUESTS, kinds_of_pages
from bench.combinations import FOUND
from bench.comparison.server import command
from bench.filling import AGENTS, AGENTS_OF, fill
from bench.instance import rows_of
from bench.programs import kinds_of_requests, ratios_of_requests
from bench.report import Report, at_least, at_most, below
from bench.searches import kinds_of_searches
from bench.senders import Pgbench
from bench.session import AGENT_PLACE, CALL_PLACE, body, session
from conversations.models import (
    Agent,
    Conversation,
    SearchEntry,
    SearchJob,
    SeenValue,
    Transcript,
)
from conversations.search.index_worker import index_batch
from integrations import providers
from integrations.delivery_log import append as delivery_log
from integrations.models import Delivery


def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return [] if cursor.description is None else cursor.fetchall()


def test_the_session_is_twenty_turns_in_three_kilobytes() -> None:
    assert len(session()["transcript"]["turns"]) == 20
    assert 2_700 < len(body()) < 3_300


def test_the_session_is_taken_without_a_warning() -> None:
    reading = providers.read("zelto", session("0" * 12, "07"))
    assert reading.update is not None
    assert reading.warnings == []


@pytest.mark.django_db
def test_a_row_without_columns_is_a_row() -> None:
    """Whether there is one is asked by `SELECT FROM`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM generate_series(1, 2)")
        assert rows_of(cursor.cursor) == [(), ()]
        cursor.execute("CREATE TEMPORARY TABLE nothing ()")
        assert rows_of(cursor.cursor) == []


def test_each_post_is_another_call_of_one_length() -> None:
    assert body().count(CALL_PLACE) == 1
    assert AGENT_PLACE in body()
    assert len(body("1" * 12, "12")) == len(body())


def test_pgbench_writes_what_a_post_writes() -> None:
    found = re.search(r"bench_delivery \((.*?)\)", Pgbench.INSERT, re.DOTALL)
    assert found is not None
    ours = delivery_log.COLUMNS
    assert re.findall(r"\w+", found[1]) == re.findall(r"\w+", ours)


def test_a_comparison_is_served_as_zelto_is() -> None:
    assert "bench.comparison.asgi:application" in command()


@pytest.fixture
def year(transactional_db: None) -> Organization:
    """A small one: a few sessions for each agent."""
    if int(ask("SHOW server_version_num")[0][0]) < 180_000:
        pytest.skip("the filling makes its ids with uuidv7() of Postgres 18")
    for name in AGENTS_OF:
        Organization.objects.create(name=name, slug=name.lower())
    fill(ask, 1_000)
    return Organization.objects.get(name=next(iter(AGENTS_OF)))


def test_the_year_is_whole(year: Organization) -> None:
    assert Agent.objects.count() == AGENTS
    assert Conversation.objects.count() == 1_000
    assert Transcript.objects.count() == 1_000
    assert Delivery.objects.filter(conversation__isnull=False).count() == 1_000
    share = Conversation.objects.in_organization(year).count() / 1_000
    assert 0.6 < share < 0.8
    newest, oldest = (
        Conversation.objects.newest_first().values_list("created_at", flat=True)[n]
        for n in (0, 999)
    )
    assert 360 < (newest - oldest).days <= 366


def test_the_year_is_found_as_the_worker_would_have_it(year: Organization) -> None:
    written = dict(SearchEntry.objects.values_list("conversation_id", "words"))
    seen = set(SeenValue.objects.values_list("organization", "kind", "value"))
    assert len(written) == 1_000
    assert not SearchJob.objects.exists()
    SearchEntry.objects.all().delete()
    SeenValue.objects.all().delete()
    Conversation.objects.update(updated_at=Now())
    while index_batch():
        pass
    made = dict(SearchEntry.objects.values_list("conversation_id", "words"))
    assert made == written
    assert set(SeenValue.objects.values_list("organization", "kind", "value")) == seen


def test_each_page_shows_what_is_looked_for(year: Organization, client: Client) -> None:
    owner = User.objects.create_user("ada@example.org")
    Membership.objects.create(organization=year, user=owner, role=Role.OWNER)
    client.force_login(owner)
    for name, pages in kinds_of_pages(ask, year.slug):
        assert len(pages) == REQUESTS, name
        for page in pages[:3]:
            assert page.shows in client.get(page.path).content.decode(), page.path


def test_each_search_finds_what_it_should(year: Organization, client: Client) -> None:
    owner = User.objects.create_user("ada@example.org")
    Membership.objects.create(organization=year, user=owner, role=Role.OWNER)
    client.force_login(owner)
    for name, pages in kinds_of_searches(ask, year.slug):
        assert len(pages) == REQUESTS, name
        for page in pages[:3]:
            content = client.get(page.path).content.decode()
            # A thousand calls lack many of the words, and facts of their oldest.
            is_rare = any(part in name for part in ("word", "year ago", "deep page"))
            may_be_missing = page.shows == FOUND and is_rare
            assert page.shows in content or may_be_missing, page.path


def test_each_request_of_a_program_is_answered(
    year: Organization, client: Client
) -> None:
    owner = User.objects.create_user("ada@example.org")
    _, secret = create_key(organization=year, name="bench", scope="read", by=owner)
    for name, pages in kinds_of_requests(ask, year.slug, seal):
        assert len(pages) == REQUESTS, name
        for page in pages[:3]:
            answer = client.get(
                page.path, headers={"Authorization": f"Bearer {secret}"}
            )
            assert answer.status_code == 200, page.path
            assert page.shows in answer.content.decode(), page.path


def test_a_page_of_a_program_is_compared_with_the_first() -> None:
    kinds = {"first": 10.0, "deep": 14.0, "metadata": 16.0}
    figures = {
        f"/v1/conversations, {limit}: {kind}": {"p50_ms": time}
        for limit in (50, 200)
        for kind, time in kinds.items()
    }
    ratios = ratios_of_requests(figures)
    assert [(one.value, one.met) for one in ratios] == [
        ("1.4", True),
        ("1.6", False),
    ] * 2


def test_the_table_says_what_is_met() -> None:
    report = Report({})
    report.add("posts", {}, [at_least("rate", 1200, 1000, "/s"), below("lag", 2, 2)])
    report.add("pages", {}, [at_most("list", 1.5, 1.5)])
    verdicts = [line.split()[-1] for line in report.table().splitlines()[1:]]
    assert verdicts == ["yes", "NO", "yes"]
