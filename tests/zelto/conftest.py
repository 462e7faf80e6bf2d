"""Data folders, clusters and stacks for tests of the whole stack."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.zelto.stack import Stack, open_folder
from zelto.embedded.leftover_processes import end_postgres_processes
from zelto.embedded.postgres import Cluster
from zelto.embedded.postgres_config import cluster_folder, default_socket_folder
from zelto.embedded.shutdown import ShutdownListener

# Longer than the path of a socket may be, and with spaces, as folders of people have.
AWKWARD = "/".join(["a folder of my own with quite a name"] * 4)
FIGURES = "counted"


@contextmanager
def awkward_folder() -> Iterator[Path]:
    """Make a folder with spaces in a path that is longer than that of a socket may be."""
    folder = open_folder()
    path = folder / AWKWARD
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        end_what_runs_in(path)
        shutil.rmtree(folder)


def end_what_runs_in(data_dir: Path) -> None:
    """End the database of a data folder, and delete its sockets."""
    end_postgres_processes(cluster_folder(data_dir).resolve())
    sockets = default_socket_folder(data_dir)
    if sockets.is_dir() and not sockets.is_symlink():
        shutil.rmtree(sockets)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Return an empty data folder, for a cluster of one's own."""
    with awkward_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def folder_with_cluster() -> Iterator[Path]:
    """Return a data folder with a stopped cluster, one for the session."""
    with awkward_folder() as folder:
        cluster = Cluster(folder, throwaway=True)
        cluster.start(ShutdownListener())
        cluster.stop()
        yield folder


@pytest.fixture
def stored(folder_with_cluster: Path) -> Iterator[Path]:
    """Return a data folder with a stopped cluster, one for all, restored after each
    test.
    """
    cluster = cluster_folder(folder_with_cluster)
    kept = {
        path: path.read_bytes()
        for path in (cluster / "PG_VERSION", cluster / "postgresql.conf")
    }
    yield folder_with_cluster
    end_what_runs_in(folder_with_cluster)
    for path, content in kept.items():
        path.write_bytes(content)


@pytest.fixture(scope="session")
def shared_stack() -> Iterator[Stack]:
    """Run one stack for all tests that kill or stop it, or only need it to run."""
    with Stack(environment={"ZELTO_RECORDING_ALLOW": "127.0.0.1"}) as stack:
        yield stack


@pytest.fixture(scope="module")
def one_stack(shared_stack: Stack) -> Stack:
    return shared_stack


@pytest.fixture
def stack(one_stack: Stack) -> Stack:
    """Return a stack that runs, whatever the test before did with it."""
    return started(one_stack)


def started(stack: Stack) -> Stack:
    """Start a stack where it does not run, and return it."""
    if stack.owner is None or stack.owner.poll() is not None:
        stack.start()
    return stack


Count = Callable[..., None]


@pytest.fixture
def count(request: pytest.FixtureRequest) -> Count:
    """Return `count(kills=3, sessions=900)`, which is printed at the end, for people to
    quote.
    """

    def note(**figures: object) -> None:
        text = ", ".join(
            f"{name.replace('_', ' ')} {value}" for name, value in figures.items()
        )
        # With the report, which may cross from one process to another.
        request.node.user_properties.append((FIGURES, f"{request.node.name}: {text}"))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = [
        line
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, line in report.user_properties
        if name == FIGURES
    ]
    if lines:
        terminalreporter.section("what the fault tests counted")
        for line in lines:
            terminalreporter.write_line(line)
