"""That the bench of bad neighbours works: what it measures is not a test's matter."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.neighbours import bodies, table
from bench.neighbours.cases import CASES
from bench.neighbours.client import BrokenAnswer, request
from bench.neighbours.findings import POST, STORED, VISIBLE, Findings, percentile
from integrations import providers
from integrations.request_body import MAX_DEPTH
from tests.zelto.stack import open_folder, wait_for
from zelto.embedded.leftover_processes import stack_processes

CHECKOUT = Path(__file__).resolve().parents[1]
RUN_LASTS = 240.0  # seconds, on a machine that does something else too


def figures(**changed: float) -> dict[str, Any]:
    """Return the figures of a case in which all went well, but for what is named."""
    findings = Findings()
    for times in (*findings.answers.values(), *findings.waits.values()):
        times.append(0.05)
    found = findings.figures()
    found["memory"] = {"largest": "web", "largest_mb": changed.pop("memory", 120.0)}
    for kind, seconds in changed.items():
        found[kind] |= {"p99": seconds, "worst": seconds}
    return found


def test_a_large_session_is_what_it_is_said_to_be() -> None:
    written = json.dumps(bodies.large_session("large"))
    assert 4_690_000 < len(written) < 4_800_000
    reading = providers.read("zelto", json.loads(written))
    assert reading.update is not None


def test_nested_brackets_are_within_the_limits_of_size_and_depth() -> None:
    packed = bodies.nested()
    text = gzip.decompress(packed).decode()
    assert len(packed) < 20_000
    assert 5_000_000 < len(text) <= bodies.BODY_BYTES
    assert text.count("[") > 2_000_000
    assert bodies.NESTED_LEVELS + 2 <= MAX_DEPTH


def test_a_session_of_many_containers_is_one_that_fits() -> None:
    session = json.loads(gzip.decompress(bodies.containers("many", 1_000)))
    reading = providers.read("zelto", session)
    assert reading.update is not None
    assert len(session["transcript"]["turns"][0]["x"]) == 1_000


def test_the_99th_of_a_hundred_is_the_percentile() -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], 0.99) == 99
    assert percentile([3.0], 0.99) == 3
    assert percentile([], 0.99) is None


def test_what_misses_its_target_is_bold() -> None:
    found = {"quiet": figures(), "idle": figures(post=0.2, visible=4.0, memory=401.0)}
    quiet, idle = table.markdown(found).splitlines()[2:]
    assert "**" not in quiet
    assert [cell.strip() for cell in idle.split("|") if "**" in cell] == [
        "50 ms, **200 ms**",
        "**4.0 s**",
        "**401 MB (web)**",
    ]
    missed = [one.name for one in table.ratios("idle", found["idle"]) if not one.met]
    assert missed == ["idle: posts, p99", "idle: visible", "idle: largest process"]


def test_a_wait_that_was_not_over_counts_as_long_as_it_lasted() -> None:
    findings = Findings()
    findings.waits[VISIBLE].append(0.2)
    findings.unfinished[VISIBLE].append(31.0)
    found = findings.figures()
    assert table.waited(found[VISIBLE]) == "over 31.0 s"
    assert table.waited(found[STORED]) == "none taken"
    assert not table.is_met(table.TARGETS[POST], found)


@contextmanager
def answering(sent: bytes) -> Iterator[int]:
    """Send these bytes to the first who connects, and yield the port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def answer() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                client.sendall(sent)

        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
            b"hello",
        ),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", b""),
    ],
)
def test_the_client_reads_an_answer(sent: bytes, body: bytes) -> None:
    with answering(sent) as port:
        answer = asyncio.run(request(port, "GET", "/", {}, within=5))
    assert answer.body == body


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    with (
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello") as port,
        pytest.raises(BrokenAnswer),
    ):
        asyncio.run(request(port, "GET", "/", {}, within=5))


def begin(*words: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "bench", "neighbours", "--quick", *words],
        cwd=CHECKOUT,
        env=os.environ | {"ZELTO_DATA_DIR": str(folder), "DATABASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def results() -> Iterator[Path]:
    """A folder that the database's account may enter, unlike pytest's own."""
    folder = open_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.mark.processes
def test_a_quick_run_of_one_case_has_all_figures(results: Path) -> None:
    with begin("--only", "nested", folder=results) as bench:
        printed, _ = bench.communicate(timeout=RUN_LASTS)
    assert bench.returncode == 0, printed
    assert f"| {CASES['nested'].title} |" in printed
    (file,) = (results / "bench").glob("*.json")
    found = json.loads(file.read_text("utf-8"))["figures"]["nested"]
    assert found["post"]["samples"] == 120
    assert found["page"]["samples"] >= 5
    assert found["attack"]["counts"]
    assert set(found["memory"]["by_role"]) >= {"web", "worker", "media", "database"}
    assert not (results / "bench" / "neighbours").exists()


@pytest.mark.processes
def test_a_run_that_is_stopped_leaves_nothing_behind(results: Path) -> None:
    instance = results / "bench" / "neighbours" / "data"
    with begin("--only", "idle", folder=results) as bench:
        children = psutil.Process(bench.pid).children

        def is_at_it() -> bool:
            return any(
                "bench.neighbours.attacker" in " ".join(one.cmdline())
                for one in children()
            )

        wait_for(is_at_it, RUN_LASTS, what="the neighbour has begun")
        started = children(recursive=True)
        bench.send_signal(signal.SIGINT)
        printed, _ = bench.communicate(timeout=RUN_LASTS)
    assert bench.returncode == 1, printed
    assert "Stopped" in printed
    assert [one for one in started if one.is_running()] == []
    assert stack_processes(instance) == []
    assert not instance.exists()
