"""The embedded Postgres: made, found again, taken over, recovered, stopped."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from zelto.embedded import postgres, postgres_files
from zelto.embedded.errors import StartupError
from zelto.embedded.leftover_processes import is_alive, postgres_processes, reap
from zelto.embedded.postgres import Cluster
from zelto.embedded.postgres_config import cluster_folder, connection_parameters
from zelto.embedded.shutdown import ShutdownListener

pytestmark = pytest.mark.processes


@pytest.fixture
def cluster(stored: Path) -> Iterator[Cluster]:
    cluster = Cluster(stored, throwaway=True)
    cluster.start(ShutdownListener())
    yield cluster
    if cluster.is_alive():
        cluster.stop()
    reap(process_of(cluster))


def start_again(data_dir: Path) -> Cluster:
    cluster = Cluster(data_dir, throwaway=True)
    cluster.start(ShutdownListener())
    return cluster


def ask(data_dir: Path, question: str) -> str:
    with psycopg.connect(**connection_parameters(data_dir)) as connection:
        rows = connection.execute(question.encode()).fetchall()
    return str(rows[0][0])


def process_of(cluster: Cluster) -> psutil.Process:
    assert cluster.process is not None
    return cluster.process


def test_it_is_found_by_its_data_folder(cluster: Cluster, stored: Path):
    assert ask(stored, "SELECT current_database()") == "zelto"
    assert ask(stored, "SHOW server_encoding") == "UTF8"
    assert ask(stored, "SHOW data_checksums") == "on"
    superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    assert ask(stored, superuser) == "False"
    sockets = {
        connection.family for connection in process_of(cluster).net_connections()
    }
    assert sockets <= {socket.AF_UNIX}


def test_it_keeps_its_socket_to_itself(cluster: Cluster):
    folder = cluster.socket_folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder.stat().st_uid == process_of(cluster).uids().real
    cluster.stop()
    assert not folder.exists()


def test_it_refuses_a_socket_folder_that_is_a_link(stored: Path, tmp_path: Path):
    cluster = Cluster(stored)
    cluster.socket_folder.symlink_to(tmp_path)
    try:
        with pytest.raises(StartupError, match="was made by somebody else"):
            cluster.start(ShutdownListener())
    finally:
        cluster.socket_folder.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_it_refuses_a_socket_folder_of_somebody_else(stored: Path):
    cluster = Cluster(stored)
    cluster.socket_folder.mkdir()
    os.chown(cluster.socket_folder, 12345, 12345)
    with pytest.raises(StartupError, match="was made by somebody else"):
        cluster.start(ShutdownListener())


def test_it_closes_a_socket_folder_that_was_left_open(stored: Path):
    cluster = Cluster(stored, throwaway=True)
    cluster.socket_folder.mkdir()
    cluster.socket_folder.chmod(0o777)
    cluster.start(ShutdownListener())
    assert stat.S_IMODE(cluster.socket_folder.stat().st_mode) == 0o700
    cluster.stop()


def test_it_is_taken_over_when_its_owner_was_killed(cluster: Cluster, stored: Path):
    second = start_again(stored)
    assert process_of(second).pid == process_of(cluster).pid
    cluster.stop()
    assert not postgres_processes(cluster_folder(stored).resolve())


def test_it_keeps_what_was_committed_before_it_was_killed(
    cluster: Cluster, stored: Path
):
    table = f"kept_{uuid.uuid4().hex}"
    with psycopg.connect(**connection_parameters(stored)) as connection:
        connection.execute(f"CREATE TABLE {table} AS SELECT 42 AS answer".encode())
    process_of(cluster).kill()
    second = start_again(stored)
    assert ask(stored, f"SELECT answer FROM {table}") == "42"  # noqa: S608
    second.stop()


def test_it_waits_for_the_backends_of_a_killed_server(cluster: Cluster, stored: Path):
    with psycopg.connect(**connection_parameters(stored)) as connection:
        backend = psutil.Process(connection.info.backend_pid)
        backend.suspend()  # it cannot notice that its server is gone
        process_of(cluster).kill()
        threading.Timer(1, backend.resume).start()
        second = start_again(stored)
        assert not is_alive(backend)
        connection.close()
    second.stop()


def test_it_does_not_mistake_a_stranger_for_its_server(stored: Path):
    """After a restart of the machine the number in postmaster.pid is anybody's."""
    stale = cluster_folder(stored) / "postmaster.pid"
    # Postgres itself only minds strangers of its own account.
    account = stale.parent.stat().st_uid
    with subprocess.Popen(["/bin/sleep", "60"], user=account) as stranger:
        stale.write_text(f"{stranger.pid}\n{stale.parent}\n1\n5432\n/nowhere\n\n")
        second = start_again(stored)
        assert ask(stored, "SELECT 1") == "1"
        second.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_it_tells_which_release_wrote_other_data(stored: Path):
    (cluster_folder(stored) / "PG_VERSION").write_text("15\n")
    with pytest.raises(
        StartupError, match="written by Postgres 15, and this Zelto brings"
    ):
        start_again(stored)


def test_it_does_not_take_a_folder_of_other_things(data_dir: Path):
    cluster_folder(data_dir).mkdir()
    (cluster_folder(data_dir) / "letter.txt").write_text("Dear Ada,")
    with pytest.raises(StartupError, match="holds no database"):
        start_again(data_dir)


def test_it_begins_anew_where_its_making_was_cut_short(data_dir: Path):
    draft = data_dir / "postgres.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    second = start_again(data_dir)
    assert not draft.exists()
    second.stop()


def test_it_tells_the_log_when_it_cannot_start(stored: Path):
    configuration = cluster_folder(stored) / "postgresql.conf"
    configuration.write_text("no_such_setting = 1\n")
    with pytest.raises(StartupError, match=r"(?s)did not start.*no_such_setting"):
        start_again(stored)


def test_it_keeps_its_log_small(
    cluster: Cluster, stored: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres, "MAX_LOG_BYTES", 10)
    before = cluster.log.read_text()
    cluster.trim_log()
    assert (stored / "postgres.log.1").read_text() == before
    cluster.stop()
    assert "shut down" in cluster.log.read_text()
    assert "\0" not in cluster.log.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
def test_it_moves_out_of_a_folder_that_only_root_may_enter(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_files, "SYSTEM_FOLDER", data_dir)
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    cluster = start_again(hidden)
    assert ask(hidden, "SELECT 1") == "1"
    assert cluster_folder(hidden).resolve().parent == data_dir.resolve()
    cluster.stop()
    start_again(hidden).stop()
    shutil.rmtree(cluster_folder(hidden).resolve())
    with pytest.raises(StartupError, match="which is gone"):
        start_again(hidden)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
def test_it_runs_a_copy_of_programs_that_only_root_may_read(
    stored: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_files, "SYSTEM_FOLDER", data_dir)
    can_run = postgres_files.can_run
    monkeypatch.setattr(
        postgres_files,
        "can_run",
        lambda folder, account: data_dir in folder.parents and can_run(folder, account),
    )
    cluster = start_again(stored)
    assert Path(process_of(cluster).exe()).is_relative_to(data_dir)
    assert ask(stored, "SELECT to_tsvector('simple', 'a b') @@ 'b'") == "True"
    cluster.stop()
    assert len(list(data_dir.iterdir())) == 1
