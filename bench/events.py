"""Events of LiveKit's servers beside posts of sessions: does the one delay the other?"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from bench.errors import BenchError
from bench.instance import Instance, Tenant
from bench.report import Figures, Ratio, at_least, at_most
from bench.senders import Sent, post_sessions, wrk
from bench.signed_events import API_KEY, SECRET, write_requests

SCRIPT = Path(__file__).with_name("events.lua")
EVENTS_A_SECOND = 1000
POSTS_A_SECOND = 20
EVENT_CONNECTIONS = 16
GOAL_RATIO = 1.5
WARM_UP_SECONDS = 3
READ_WITHIN = 600.0

# Typed into `manage.py shell`: the secret is encrypted with the instance's own key.
_ADD_PROJECT = """
from accounts.models import Organization
from integrations.models import LiveKitCredential, LiveKitProject
organization = Organization.objects.get(slug={slug!r})
project = LiveKitProject.objects.create(organization=organization, name="Bench")
LiveKitCredential.objects.create(project=project, api_key={key!r}, secret={secret!r})
print(project.token)
"""


def measure(
    instance: Instance, tenant: Tenant, *, seconds: int
) -> tuple[Figures, list[Ratio]]:
    """Measure posts without events, with them for so many seconds, and without again.

    Raises:
        BenchError: wrk failed, or the events were not read in time.
    """
    requests = _prepared(instance, tenant, seconds + WARM_UP_SECONDS)
    _post(instance, tenant, WARM_UP_SECONDS)
    before = _post(instance, tenant, max(seconds // 2, 2))
    began = time.monotonic()
    with _sending(instance, requests, seconds) as sender:
        during = _post(instance, tenant, max(seconds - 2, 2))
        events = _sent(sender)
    stored = _count(instance, waiting=False)
    waited = _count(instance, waiting=True)
    _wait_until_read(instance)
    read_after = time.monotonic() - began - events.seconds
    after = _post(instance, tenant, max(seconds // 2, 2))
    quiet = max(before.p99_ms, after.p99_ms)
    figures: Figures = {
        "events": {
            "rate": events.rate,
            "stored": stored,
            "not_ok": events.not_ok,
            "lost": events.lost,
            "p50_ms": events.p50_ms,
            "p99_ms": events.p99_ms,
            "waiting_at_the_end": waited,
            "all_read_after_seconds": read_after,
        },
        "posts": {
            name: {"p50_ms": one.p50_ms, "p99_ms": one.p99_ms, "rate": one.rate}
            for name, one in (("before", before), ("during", during), ("after", after))
        },
    }
    print(f"  {json.dumps(figures)}", flush=True)
    return figures, [
        at_least("events taken", events.rate, EVENTS_A_SECOND * 0.99, "/s"),
        at_most("events refused or lost", events.not_ok + events.lost, 0),
        at_most("answered 200 and not in the log", events.answers - stored, 0),
        at_most("post beside events / without, p99", during.p99_ms / quiet, GOAL_RATIO),
    ]


def _prepared(instance: Instance, tenant: Tenant, seconds: int) -> Path:
    code = _ADD_PROJECT.format(slug=tenant.slug, key=API_KEY, secret=SECRET)
    token = instance.manage("shell", "--no-imports", "--command", code).strip()
    requests = instance.folder / "events.requests"
    count = int(EVENTS_A_SECOND * seconds * 1.1)
    write_requests(requests, f"{instance.url}/webhooks/livekit/{token}", count=count)
    return requests


def _post(instance: Instance, tenant: Tenant, seconds: int) -> Sent:
    return post_sessions(
        f"{instance.url}/webhooks/calls",
        tenant.key,
        folder=instance.folder,
        connections=1,
        seconds=seconds,
        rate=POSTS_A_SECOND,
    )


def _sending(
    instance: Instance, requests: Path, seconds: int
) -> subprocess.Popen[bytes]:
    command = [wrk(), "--threads=1", f"--connections={EVENT_CONNECTIONS}"]
    command += [f"--duration={seconds}s", "--timeout=10s", f"--script={SCRIPT}"]
    command += [instance.url, "--", str(requests), str(EVENTS_A_SECOND)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _sent(sender: subprocess.Popen[bytes]) -> Sent:
    printed = sender.communicate()[0].decode("utf-8", "replace")
    for line in printed.splitlines():
        if line.startswith("RESULT "):
            return Sent(**json.loads(line.removeprefix("RESULT ")))
    raise BenchError(f"wrk gave no result:\n{printed}")


def _count(instance: Instance, *, waiting: bool) -> int:
    rows = instance.execute(
        "SELECT count(*) FROM integrations_livekitevent"
        " WHERE processed_at IS NULL OR NOT %s",
        waiting,
    )
    count: int = rows[0][0]
    return count


def _wait_until_read(instance: Instance) -> None:
    give_up_at = time.monotonic() + READ_WITHIN
    while _count(instance, waiting=True):
        if time.monotonic() > give_up_at:
            raise BenchError("The events were not read in time.")
        time.sleep(0.2)
