"""The cases: what a bad neighbour does, and what is there before it begins."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bench.neighbours import connecting, posting, preparation, reading
from bench.neighbours.preparation import Facts, Place
from bench.neighbours.target import Target


async def do_nothing(_: Target) -> None:
    """Be quiet."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the other organization does, as the table has it."""

    title: str
    attack: Callable[[Target], Coroutine[Any, Any, None]]
    prepare: Callable[[Place], Facts] = preparation.nothing


CASES = {
    "quiet": Case("nothing", do_nothing),
    "nested": Case(
        "posts 5 MiB of nested brackets, gzipped to some kB, 4 a second",
        posting.post_nested,
    ),
    "containers": Case(
        "posts as many containers as fit, 10 sessions every 10 s",
        posting.post_containers,
    ),
    "reposts": Case("posts one call 100 times with 4.7 MB", posting.post_again),
    "replays": Case(
        "replays a call that has 100 deliveries of 4.7 MB",
        posting.replay,
        preparation.call_of_many_deliveries,
    ),
    "slow-recordings-2": Case(
        "names 2 recordings that come a byte a second",
        posting.post_slow_recordings,
        preparation.slow_recordings(2),
    ),
    "slow-recordings-10": Case(
        "names 10 recordings that come a byte a second",
        posting.post_slow_recordings,
        preparation.slow_recordings(10),
    ),
    "mcp": Case(
        "searches 41 transcripts of 4.7 MB over MCP, 4 at once",
        reading.search_transcripts,
        preparation.large_transcripts,
    ),
    "bodies-login": Case(
        "200 bodies of `POST /login` that never end", connecting.leave_login_bodies
    ),
    "bodies-keyed": Case(
        "200 posts to the webhook that never end, with a key",
        connecting.leave_keyed_bodies,
    ),
    "bodies-keyless": Case(
        "200 posts to the webhook that never end, without a key",
        connecting.leave_keyless_bodies,
    ),
    "heads": Case("200 requests whose heads never end", connecting.leave_heads),
    "stalled": Case(
        "50 exports, downloads and uploads that stall",
        reading.stall,
        preparation.long_answers,
    ),
    "slow-readers": Case(
        "300 readers of pages, transcripts and recordings, 1 kB a second each",
        reading.read_slowly,
        preparation.slow_answers,
    ),
    "search": Case(
        "searches a turn of 0.9 MB without spaces, 2 at once",
        reading.search_unspaced,
        preparation.unspaced,
    ),
    "refused": Case("posts 250 kB that are refused, 20 a second", posting.post_refused),
    "idle": Case("500 connections that send nothing", connecting.stay_silent),
    "keep-alive": Case(
        "500 connections that are kept after an answer", connecting.stay_connected
    ),
    "ranges": Case(
        "8 players; 300,000 entries in the audit logs of both",
        reading.play,
        preparation.audit_log,
    ),
}
