"""`/metrics` in the text format 0.0.4 of Prometheus, from the database: the same from
each process."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from conversations.models import SearchJob, UnusedFile
from integrations.models import RunningTotal
from integrations.operations import counters, heartbeat
from integrations.operations.health import for_a_probe, short_statements
from integrations.problems import problem
from web.hosts.same_machine import comes_from_this_machine

# Beyond this, rows that wait are not counted; their age still grows.
MAX_COUNTED = 50_000
STATES = ("new", "held", "retrying")
INDEX_STATES = ("waiting", "retrying", "failed")
RECORDING_STATES = ("waiting", "fetching", "retrying")

# Both read the index of what waits, and no further than they must.
_WAITING = """
    SELECT state, count(*) FROM (
        SELECT CASE WHEN attempts = 0 THEN 'new'
            WHEN lease_until > statement_timestamp() THEN 'held'
            ELSE 'retrying' END AS state
        FROM integrations_delivery WHERE outcome = 'accepted'
        ORDER BY sequence LIMIT %s) AS waiting
    GROUP BY state
"""
_OLDEST = """
    SELECT extract(epoch FROM statement_timestamp() - received_at)
    FROM integrations_delivery WHERE outcome = 'accepted' ORDER BY sequence LIMIT 1
"""

# By the index of what is to be done, likewise bounded.
_RECORDINGS = """
    SELECT state, count(*) FROM (
        SELECT CASE WHEN state = 'running' THEN 'fetching'
            WHEN attempts > 0 THEN 'retrying' ELSE 'waiting' END AS state
        FROM conversations_recording WHERE state IN ('waiting', 'running')
        LIMIT %s) AS due
    GROUP BY state
"""

# What failed is counted apart, by its own index: a backlog must not hide it.
_TO_INDEX = """
    SELECT 'waiting', count(*) FROM (
        SELECT FROM conversations_searchjob WHERE attempts = 0 LIMIT %s) AS fresh
    UNION ALL
    SELECT state, count(*) FROM (
        SELECT CASE WHEN attempts < %s THEN 'retrying' ELSE 'failed' END AS state
        FROM conversations_searchjob WHERE attempts > 0 LIMIT %s) AS tried
    GROUP BY state
"""


@for_a_probe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics, to programs of this machine or with the token."""
    refusal = _refusal(request)
    if refusal is not None:
        return refusal
    registry = CollectorRegistry(auto_describe=False)
    try:
        with short_statements():
            registry.register(_FromDatabase())
            text = generate_latest(registry)
    except (DatabaseError, InterfaceError):
        return problem(request, 503, "The database does not answer.")
    return HttpResponse(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    token = settings.METRICS_TOKEN
    if not token:
        if _is_from_here(request):
            return None
        return problem(request, 404, "There is nothing at this address.")
    sent = request.headers.get("Authorization", "")
    if hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
        return None
    detail = "Send the token of the setting ZELTO_METRICS_TOKEN as a bearer token."
    return problem(request, 401, detail, headers={"WWW-Authenticate": "Bearer"})


def _is_from_here(request: HttpRequest) -> bool:
    """Return whether a program of this machine sent it, and no proxy for somebody else:
    one sends a header of forwarding, or the host name that others use."""
    host, _ = split_domain_port(request.get_host())
    return host in settings.LOCAL_HOSTS and comes_from_this_machine(request)


class _FromDatabase(Collector):
    def collect(self) -> Iterator[Metric]:
        totals = dict(RunningTotal.objects.values_list("name", "value"))
        yield _posts(totals)
        yield _livekit_events(totals)
        yield _turned_away(totals)
        yield _deliveries(totals)
        yield _processing_seconds(totals)
        yield from _queue()
        yield _recordings()
        yield _files_to_delete()
        yield _to_index()
        yield from _worker()


def _posts(totals: dict[str, float]) -> Metric:
    family = CounterMetricFamily(
        "zelto_posts", "Answers of POST /webhooks/calls.", labels=["status"]
    )
    for name, value in sorted(totals.items()):
        if name.startswith(counters.POSTS):
            family.add_metric([name.removeprefix(counters.POSTS)], value)
    return family


def _livekit_events(totals: dict[str, float]) -> Metric:
    family = CounterMetricFamily(
        "zelto_livekit_events",
        "Answers of POST /webhooks/livekit/...",
        labels=["status"],
    )
    for name, value in sorted(totals.items()):
        if name.startswith(counters.LIVEKIT_EVENTS):
            family.add_metric([name.removeprefix(counters.LIVEKIT_EVENTS)], value)
    return family


def _turned_away(totals: dict[str, float]) -> Metric:
    family = CounterMetricFamily(
        "zelto_requests_turned_away",
        "Requests that were refused before they had a thread: 408 came too slowly, "
        "413 is too long, 503 is one too many.",
        labels=["status"],
    )
    for name, value in sorted(totals.items()):
        if name.startswith(counters.TURNED_AWAY):
            family.add_metric([name.removeprefix(counters.TURNED_AWAY)], value)
    return family


def _deliveries(totals: dict[str, float]) -> Metric:
    family = CounterMetricFamily(
        "zelto_deliveries", "Deliveries that a worker is done with.", labels=["outcome"]
    )
    for outcome in (counters.PROCESSED, counters.FAILED):
        family.add_metric([outcome], totals.get(outcome, 0))
    return family


def _processing_seconds(totals: dict[str, float]) -> Metric:
    family = HistogramMetricFamily(
        "zelto_processing_seconds",
        "From the arrival of a delivery to its conversation.",
    )
    buckets = []
    so_far = 0.0
    for bound in counters.BOUNDS_WITH_INFINITY:
        so_far += totals.get(f"{counters.SECONDS_WITHIN}{bound}", 0)
        buckets.append((bound, so_far))
    family.add_metric([], buckets, totals.get(counters.SECONDS_SUM, 0))
    return family


def _queue() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [MAX_COUNTED])
        waiting = dict(cursor.fetchall())
        cursor.execute(_OLDEST)
        oldest = cursor.fetchone()
    depth = GaugeMetricFamily(
        "zelto_queue_deliveries",
        f"Deliveries that wait for a worker; the oldest {MAX_COUNTED} are counted.",
        labels=["state"],
    )
    for state in STATES:
        depth.add_metric([state], waiting.get(state, 0))
    yield depth
    yield GaugeMetricFamily(
        "zelto_queue_oldest_seconds",
        "Age of the oldest delivery that waits; 0 where none does.",
        value=max(float(oldest[0]), 0.0) if oldest else 0.0,
    )


def _recordings() -> Metric:
    with connection.cursor() as cursor:
        cursor.execute(_RECORDINGS, [MAX_COUNTED])
        due = dict(cursor.fetchall())
    family = GaugeMetricFamily(
        "zelto_recordings",
        f"Recordings that are to be fetched; at most {MAX_COUNTED} are counted.",
        labels=["state"],
    )
    for state in RECORDING_STATES:
        family.add_metric([state], due.get(state, 0))
    return family


def _files_to_delete() -> Metric:
    oldest = UnusedFile.objects.to_delete().order_by("pk").first()
    return GaugeMetricFamily(
        "zelto_files_to_delete_oldest_seconds",
        "Age of the oldest recording that is to be deleted; 0 where none is.",
        value=oldest.age.total_seconds() if oldest else 0.0,
    )


def _to_index() -> Metric:
    with connection.cursor() as cursor:
        cursor.execute(_TO_INDEX, [MAX_COUNTED, SearchJob.TRIES, MAX_COUNTED])
        due = dict(cursor.fetchall())
    family = GaugeMetricFamily(
        "zelto_index_jobs",
        f"Conversations that cannot be found yet; at most {MAX_COUNTED} are counted.",
        labels=["state"],
    )
    for state in INDEX_STATES:
        family.add_metric([state], due.get(state, 0))
    return family


def _worker() -> Iterator[Metric]:
    seen_at = heartbeat.seen_at()
    yield GaugeMetricFamily(
        "zelto_worker_seen_timestamp_seconds",
        "When a worker was last seen; 0 where none ever was.",
        value=seen_at.timestamp() if seen_at else 0.0,
    )
