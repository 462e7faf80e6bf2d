"""What a bad neighbour reads, and how slowly."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from bench.neighbours.bodies import UNSPACED_QUERY, WORD
from bench.neighbours.client import head_of
from bench.neighbours.connecting import Hold, hold_all
from bench.neighbours.target import Target, repeat

STALLED_OF_EACH = 10
SLOW_OF_EACH = 100
SLOW_BYTES = 1024  # a second
KERNEL_BYTES = 4096
UPLOAD_BYTES = 1_000_000


async def search_transcripts(target: Target) -> None:
    """Search large transcripts over MCP, four at once, two hundred rows each."""
    arguments = {"q": WORD, "limit": 200}
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "search_transcripts", "arguments": arguments},
    }
    headers = target.keyed | {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    body = json.dumps(message).encode()
    await repeat(4, 1.0, lambda _: target.send("POST", "/mcp", headers, body))


async def search_unspaced(target: Target) -> None:
    """Open a page whose words are marked in 0.9 MB without a space, two at once."""
    query = urlencode({"q": UNSPACED_QUERY})
    path = f"{conversation(target, 'unspaced')}?{query}"
    await repeat(2, 1.0, lambda _: target.send("GET", path, target.signed_in))


async def play(target: Target) -> None:
    """Play by short ranges, eight players of which each asks twice a second."""
    path = f"{conversation(target, 'recorded')}/recording"

    async def ask(number: int) -> None:
        start = number * 1000 % 100_000
        wanted = {"Range": f"bytes={start}-{start + 999}"}
        await target.send("GET", path, target.signed_in | wanted)

    await repeat(8, 0.5, ask)


async def stall(target: Target) -> None:
    """Begin exports, downloads and uploads, ten of each, and then do nothing."""
    exports = (f"/org/{target.slug}/conversations/export/file?format={{}}").format
    download = f"{conversation(target, 'recorded')}/recording?download"
    by_program = f"/v1/conversations/{target.facts['recorded']}/recording"
    ways = [
        _stalled(exports("csv"), target.signed_in),
        _stalled(exports("transcripts"), target.signed_in),
        _stalled(download, target.signed_in),
        _stalled(by_program, target.keyed),
        Hold(_upload(target), drip=b"x"),
    ]
    await hold_all(target, ways * STALLED_OF_EACH)


def _stalled(path: str, headers: dict[str, str]) -> Hold:
    return Hold(head_of("GET", path, headers, 0), buffer=KERNEL_BYTES)


def _upload(target: Target) -> bytes:
    headers = target.keyed | {"Content-Type": "multipart/form-data; boundary=end"}
    part = 'Content-Disposition: form-data; name="file"; filename="a.wav"'
    head = head_of("POST", "/v1/conversations", headers, UPLOAD_BYTES)
    return head + f"--end\r\n{part}\r\n\r\nRIFF".encode()


async def read_slowly(target: Target) -> None:
    """Read pages, transcripts and pieces of recordings at a kilobyte a second each."""
    page = f"/org/{target.slug}/conversations"
    transcript = f"/v1/conversations/{target.facts['large']}/transcript"
    piece = f"{conversation(target, 'recorded')}/recording"
    ways = [
        _slow(page, target.signed_in),
        _slow(transcript, target.keyed),
        _slow(piece, target.signed_in | {"Range": "bytes=0-"}),
    ]
    await hold_all(target, ways * SLOW_OF_EACH)


def _slow(path: str, headers: dict[str, str]) -> Hold:
    sent = head_of("GET", path, headers, 0)
    return Hold(sent, take=SLOW_BYTES, buffer=KERNEL_BYTES, every=1.0)


def conversation(target: Target, name: str) -> str:
    """Return the path of the page of a conversation, by the fact that names it."""
    return f"/org/{target.slug}/conversations/{target.facts[name]}"
