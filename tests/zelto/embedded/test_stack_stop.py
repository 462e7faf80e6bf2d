"""What `make run` starts ends in order, with nothing left."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading

import psutil
import pytest

from tests.zelto.free_port import free_port
from tests.zelto.stack import CHECKOUT, Stack, wait_for
from zelto.embedded.postgres_config import default_socket_folder

pytestmark = pytest.mark.processes


@pytest.fixture
def stopped(one_stack: Stack) -> Stack:
    if one_stack.owner is not None and one_stack.owner.poll() is None:
        one_stack.stop()
    return one_stack


def status(stack: Stack, path: str = "/") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def lines_since_start(stack: Stack) -> list[str]:
    return stack.log[stack.log_start :].splitlines()


def test_it_stops_in_order_and_leaves_nothing_behind(stack: Stack):
    before = stack.everything()
    roles = {"owner", "web", "web-worker", "beat", "worker", "media"}
    assert roles <= stack.pids().keys()
    assert stack.stop(signal.SIGINT) == 0
    assert [process for process in before if psutil.pid_exists(process.pid)] == []
    assert stack.everything() == []
    assert not default_socket_folder(stack.data_dir).exists()
    said = [line for line in lines_since_start(stack) if line.startswith("Stop")]
    roles_in_order = ["web", "beat", "worker", "media"]
    assert said == [*(f"Stopping {role}." for role in roles_in_order), "Stopped."]
    if not stack.scratch:
        assert "database system is shut down" in last_line_of_database(stack)
        # Before, it turns away who asks too early whether it is there.
        served = since_last_start_of_database(stack).split("ready to accept")[-1]
        fatal = [line for line in served.splitlines() if "FATAL" in line]
        assert [line for line in fatal if "is starting up" not in line] == []


def last_line_of_database(stack: Stack) -> str:
    return since_last_start_of_database(stack).splitlines()[-1]


def since_last_start_of_database(stack: Stack) -> str:
    log = (stack.data_dir / "postgres.log").read_text()
    return log[log.rindex("starting PostgreSQL") :]


def test_it_answers_what_it_has_begun(stack: Stack):
    """A POST whose body is still on its way when the stack is asked to stop."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=30) as client:
        head = (
            "POST /webhooks/calls HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n"
        )
        client.sendall(f"{head}\r\n{{".encode())
        wait_for(lambda: status(stack) < 500, 10, what="others are served meanwhile")
        stopped = threading.Thread(target=stack.stop)
        stopped.start()
        wait_for(
            lambda: "Stopping web." in lines_since_start(stack), 10, what="it stops"
        )
        client.sendall(b"}")
        assert client.recv(12).startswith(b"HTTP/1.1 4")
        stopped.join()
    assert stack.everything() == []


def test_a_second_start_says_that_it_is_running(stack: Stack):
    result = run_beside(stack)
    assert result.returncode == 1
    assert "Zelto is already running on" in result.stderr
    assert str(stack.pids()["owner"][0]) in result.stderr
    assert status(stack) < 500


def test_a_taken_port_is_named(stopped: Stack):
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        result = run_beside(stopped, PORT=str(port))
    assert result.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in result.stderr
    assert "Ready" not in result.stdout
    assert stopped.everything() == []


@pytest.mark.parametrize("moment", ["postmaster", "beat"])
def test_a_stop_during_the_start_leaves_nothing_behind(stopped: Stack, moment: str):
    if stopped.scratch and moment == "postmaster":
        pytest.skip("the database of DATABASE_URL is not ours to start")
    stopped.spawn()
    wait_for(lambda: moment in stopped.pids(), 30, what=f"{moment} is there")
    assert stopped.stop(signal.SIGHUP) == 0
    assert stopped.everything() == []


def test_a_reader_that_goes_away_stops_nothing(stopped: Stack):
    """As in `make run | head -1`."""
    reading, writing = os.pipe()
    stopped.owner = subprocess.Popen(
        [sys.executable, "-m", "zelto.embedded", "run", "web"],
        cwd=CHECKOUT,
        env=stopped.environment,
        stdout=writing,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    os.close(reading)
    wait_for(lambda: answers(stopped), 60, what="it is up")
    assert stopped.stop() == 0
    assert stopped.everything() == []


def answers(stack: Stack) -> bool:
    try:
        return status(stack) < 500
    except OSError:
        return False


def run_beside(stack: Stack, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zelto.embedded", "run"],
        cwd=CHECKOUT,
        env={**stack.environment, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
