"""What is measured of the upload: sessions a second, seconds until one is visible, and
processor time for its audio.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from statistics import median
from typing import Any

import psutil

from bench import processing
from bench.errors import BenchError
from bench.instance import Instance, Tenant
from bench.livekit_upload.bodies import TEXT, VOICE, Recorded
from bench.livekit_upload.sending import Client, post_sessions
from bench.livekit_upload.sound import two_voices
from bench.report import Figures
from bench.visible import PAUSE, Watcher
from tests.integrations.livekit_worker.worker import run_worker

CONNECTIONS = 16
WARM_UP = 50
AUDIO_WITHIN = 600.0  # seconds
LOOK_EVERY = 0.1
# Sessions of two measures never share an id.
NUMBERS = itertools.count(1, 1_000_000)


def rate(instance: Instance, *, count: int) -> Figures:
    """Return sessions a second, posted as fast as they are answered and processed."""
    tenant = instance.provision("Uploading", scope="ingest")
    recorded = Recorded(TEXT)
    first = next(NUMBERS)
    options = {"connections": CONNECTIONS}
    post_sessions(instance, tenant, recorded, first=first, count=WARM_UP, **options)
    processing.wait_until_drained(instance)
    began_at = processing.now(instance)
    before = _seconds_of(instance)
    sent = post_sessions(
        instance, tenant, recorded, first=first + WARM_UP, count=count, **options
    )
    processing.wait_until_drained(instance)
    spent = _seconds_of(instance) - before
    lasted, failed = instance.execute(
        "SELECT EXTRACT(epoch FROM max(processed_at) - min(received_at))::float, "
        "count(*) FILTER (WHERE outcome NOT IN ('processed', 'ignored')) "
        "FROM integrations_delivery WHERE received_at >= %s",
        began_at,
    )[0]
    _require_conversations(instance, tenant, WARM_UP + count)
    posted = _cpu_of_posts(instance, tenant)
    return {
        "sessions": count,
        "requests": sent.requests,
        "failed": failed,
        "stored_per_second": count / sent.seconds,
        "processed_per_second": count / lasted,
        "cpu_ms_per_session": 1000 * spent / count,
        "cpu_ms_per_webhook_post": 1000 * posted,
    }


def _cpu_of_posts(instance: Instance, tenant: Tenant, seconds: int = 5) -> float:
    """Return the processor seconds of a session that code posts to the webhook, in the
    same minute: what else the machine does affects both.
    """
    before = _seconds_of(instance)
    sent = processing.post(instance, tenant, seconds=seconds)
    processing.wait_until_drained(instance)
    return (_seconds_of(instance) - before) / sent.answers


def _require_conversations(instance: Instance, tenant: Tenant, count: int) -> None:
    found = instance.execute(
        "SELECT count(*) FROM conversations_conversation WHERE organization_id = "
        "(SELECT id FROM accounts_organization WHERE slug = %s)",
        tenant.slug,
    )[0][0]
    if found != count:
        raise BenchError(f"{count} sessions were posted, and {found} are there.")


def visible(instance: Instance, *, samples: int) -> Figures:
    """Return the seconds from when an SDK posts a session, which it does as soon as it
    is over, until the list shows it.
    """
    watcher = Watcher(instance, instance.provision("Seeing", scope="ingest"))
    recorded = Recorded(TEXT)
    first = next(NUMBERS)

    def sample(number: int) -> float:
        time.sleep(random.uniform(*PAUSE))  # noqa: S311 - no secret
        job, posts = recorded.session(first + number)
        client = Client(instance, watcher.tenant)
        began = time.perf_counter()
        for post in posts:
            client.send(post)
        _wait_for_list(watcher, job)
        return time.perf_counter() - began

    sample(0)  # connections are made here
    found = sorted(sample(number + 1) for number in range(samples))
    return {"samples": samples, "p50": median(found), "worst": found[-1]}


def _wait_for_list(watcher: Watcher, job: str) -> None:
    watcher.wait_for_row(job)
    if job not in watcher.reader.get(watcher.list).text:
        raise BenchError("A session is stored, and its list does not show it.")


def real_worker(instance: Instance, *, samples: int) -> Figures:
    """Return the seconds from when a session of a real worker is over until the list
    shows it; the SDK's own time to upload is in it.
    """
    found = []
    for number in range(samples):
        tenant = instance.provision(f"Working-{number}", scope="ingest")
        watcher = Watcher(instance, tenant)
        found.append(_of_one_job(watcher, f"{instance.url}/livekit/{tenant.key}"))
    return {"samples": samples, "p50": median(found), "worst": max(found)}


def _of_one_job(watcher: Watcher, url: str) -> float:
    """Have a worker run one job, and return the seconds of it."""
    worker = run_worker(
        *(None, "order"),
        key=None,
        upload_url=url,
        agent_name="support",
        is_dispatched=True,
    )
    job = worker.sessions["order"].job_id
    _wait_for_list(watcher, job)
    # The session's own end, by the report that it uploads, and when its row was made.
    seconds = watcher.instance.execute(
        "SELECT EXTRACT(epoch FROM created_at - ended_at)::float "
        "FROM conversations_conversation WHERE external_id = %s AND organization_id = "
        "(SELECT id FROM accounts_organization WHERE slug = %s)",
        *(job, watcher.tenant.slug),
    )[0][0]
    return float(seconds) + watcher.reader.get(watcher.list).seconds


def audio(instance: Instance, *, minutes: int, sessions: int) -> Figures:
    """Return what audio of so many minutes costs from its post until its wave is there:
    processor time of all processes, beyond what they take without anything to do.
    """
    tenant = instance.provision("Sounding", scope="ingest")
    content = two_voices(minutes)
    recorded = Recorded(VOICE, content)
    first = next(NUMBERS)
    spent, lasted = [], []
    for number in range(sessions):
        job, posts = recorded.session(first + number)
        client = Client(instance, tenant)
        idle = _share_of_idle(instance)
        before, began = _seconds_of(instance), time.monotonic()
        for post in posts:
            client.send(post)
        _wait_until(partial(_has_wave, instance, job))
        seconds = time.monotonic() - began
        spent.append(_seconds_of(instance) - before - idle * seconds)
        lasted.append(seconds)
    return {
        "minutes": minutes,
        "megabytes": len(content) / 1e6,
        "cpu_seconds_per_minute": [one / minutes for one in spent],
        "seconds_to_wave": lasted,
    }


def _has_wave(instance: Instance, job: str) -> bool:
    rows = instance.execute(
        "SELECT recording.state, recording.last_error "
        "FROM conversations_recording AS recording "
        "JOIN conversations_conversation AS call ON call.id = recording.conversation_id "
        "WHERE call.external_id = %s AND recording.state NOT IN ('waiting', 'running')",
        job,
    )
    if rows and rows[0][1]:
        raise BenchError(f"The audio was not taken: {rows[0][1]}")
    return bool(rows)


def _wait_until(is_so: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + AUDIO_WITHIN
    while not is_so():
        if time.monotonic() > give_up_at:
            raise BenchError(f"No wave after {AUDIO_WITHIN:.0f} s.")
        time.sleep(LOOK_EVERY)


def _share_of_idle(instance: Instance, seconds: float = 5.0) -> float:
    """Return the share of a core that the instance takes with nothing to do."""
    before = _seconds_of(instance)
    time.sleep(seconds)
    return (_seconds_of(instance) - before) / seconds


def _seconds_of(instance: Instance) -> float:
    """Return the processor seconds of all processes, and of those that they ended."""
    total = 0.0
    for process in instance.processes():
        with suppress(psutil.NoSuchProcess):
            times: Any = process.cpu_times()
            total += times.user + times.system
            total += times.children_user + times.children_system
    return total
