"""The bad neighbour, in a process of its own (`python -m bench.neighbours.attacker`).

Reads `{"case": ..., "target": ...}` from standard input, goes on until it gets SIGTERM,
and prints what it got as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from typing import Any

from bench.neighbours.cases import CASES
from bench.neighbours.client import allow_open_files
from bench.neighbours.target import Target


def main() -> None:
    """Do what standard input says, and print what came of it."""
    asked = json.load(sys.stdin)
    allow_open_files()
    print(json.dumps(asyncio.run(_run(asked["case"], Target(**asked["target"])))))


async def _run(name: str, target: Target) -> dict[str, Any]:
    began = time.perf_counter()
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    attack = asyncio.create_task(CASES[name].attack(target))
    ended = asyncio.create_task(ending.wait())
    await asyncio.wait({attack, ended}, return_when=asyncio.FIRST_COMPLETED)
    if attack.done():
        await attack  # raises what broke it
    await ended
    attack.cancel()
    cpu = time.process_time() / (time.perf_counter() - began)
    return {"counts": dict(target.counts), "cpu_share": cpu}


if __name__ == "__main__":
    main()
