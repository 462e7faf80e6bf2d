"""What a bad neighbour posts."""

from __future__ import annotations

import asyncio
import itertools
import json

from bench.neighbours import bodies
from bench.neighbours.sound import BAD_HOST, head_of_sound, sound
from bench.neighbours.target import Target, repeat

MOST_CONTAINERS = 1_700_000  # what 5 MiB have room for
FEWEST_CONTAINERS = 1_000
CONTAINER_POSTS = 10
CONTAINER_PAUSE = 10.0  # seconds
REPOSTS = 100
POSTED_AT_ONCE = 4
SLOW_BYTES = 50_000_000
SLOW_PAUSE = 1.0


async def post_nested(target: Target) -> None:
    """Post 5 MiB of nested brackets, gzipped, four times a second at most."""
    body = bodies.nested()
    await repeat(4, 1.0, lambda _: target.post(body))


async def post_containers(target: Target) -> None:
    """Post ten sessions with as many containers as are taken, every ten seconds."""
    count = await _most_taken(target)
    target.counts["containers in a post"] = count
    for batch in itertools.count():
        posts = (
            target.post(bodies.containers(f"many-{batch}-{number}", count))
            for number in range(CONTAINER_POSTS)
        )
        await asyncio.gather(*posts)
        await asyncio.sleep(CONTAINER_PAUSE)


async def _most_taken(target: Target) -> int:
    count = MOST_CONTAINERS
    while count > FEWEST_CONTAINERS:
        answer = await target.post(bodies.containers(f"many-{count}", count))
        if answer is not None and answer.status == 200:
            break
        count //= 2
    return count


async def post_again(target: Target) -> None:
    """Post one call a hundred times with 4.7 MB, four at once."""
    body = bodies.packed(json.dumps(bodies.large_session("again")).encode())
    numbers = iter(range(REPOSTS))

    async def post_rest() -> None:
        for _ in numbers:
            await target.post(body)

    await asyncio.gather(*(post_rest() for _ in range(POSTED_AT_ONCE)))


async def replay(target: Target) -> None:
    """Replay deliveries of one call that has a hundred of 4.7 MB, two at once."""
    deliveries = target.facts["deliveries"].split(",")

    async def one(number: int) -> None:
        path = f"/v1/deliveries/{deliveries[number % len(deliveries)]}/replay"
        await target.send("POST", path, target.keyed)

    await repeat(2, 2.0, one)


async def post_refused(target: Target) -> None:
    """Post 250 kB that are no session, twenty times a second."""
    await repeat(
        4, 0.2, lambda number: target.post(bodies.refused(number), is_packed=False)
    )


async def post_slow_recordings(target: Target) -> None:
    """Post calls whose recordings come from a server that sends a byte a second."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target.counts["fetches begun"] += 1
        try:
            writer.write(head_of_sound(SLOW_BYTES) + sound()[:1000])
            while True:
                await writer.drain()
                await asyncio.sleep(SLOW_PAUSE)
                writer.write(b"\0")
        except OSError:
            target.counts["fetches cut"] += 1
        except asyncio.CancelledError:
            return  # the case is over
        finally:
            writer.close()

    server = await asyncio.start_server(drip, BAD_HOST, 0)
    address = f"http://{BAD_HOST}:{server.sockets[0].getsockname()[1]}"
    for number in range(int(target.facts["recordings"])):
        turns = [{"role": "user", "content": "Hello?"}]
        url = f"{address}/{number}.wav"
        session = bodies.call(f"slow-{number}", turns, recordingUrl=url)
        await target.post(json.dumps(session).encode(), is_packed=False)
    async with server:
        await server.serve_forever()
