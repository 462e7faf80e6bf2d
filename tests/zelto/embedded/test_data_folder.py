"""What lies in the data folder is for its owner alone, also where it was open before."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.test import override_settings

from conversations.recordings.incoming import incoming_file, new_incoming_file
from tests.zelto.faults.load import provision
from tests.zelto.stack import Stack
from tests.zelto.test_broker import connect
from zelto.embedded import postgres
from zelto.embedded.errors import StartupError
from zelto.embedded.lock import data_directory_lock
from zelto.embedded.postgres import Cluster

IS_ROOT = os.geteuid() == 0
# Root's database runs as another account, which walks through.
CLOSED = 0o711 if IS_ROOT else 0o700
SOMEBODY = 12345


@pytest.fixture(autouse=True)
def wide_open() -> Iterator[None]:
    """Whatever the process allows, the modes hold."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def start(data_dir: Path) -> None:
    with data_directory_lock(data_dir):
        pass


def open_to_others(folder: Path) -> dict[str, str]:
    """The mode of each thing in a data folder that another account can reach."""
    return {
        str(path.relative_to(folder)): oct(mode_of(path))
        for path in folder.iterdir()
        if path.name != "postgres" and mode_of(path) & 0o077
    }


def test_a_new_folder_is_closed(tmp_path: Path) -> None:
    start(tmp_path / "new")
    assert mode_of(tmp_path / "new") == CLOSED
    assert open_to_others(tmp_path / "new") == {}


def test_a_folder_of_an_earlier_release_is_closed(tmp_path: Path) -> None:
    folders = ("mail", "messages", "recordings", "static", "incoming", "models")
    files = ("owner.lock", "secret_key", "postgres.log", "postgres.log.1")
    tmp_path.chmod(0o755)
    for name in folders:
        (tmp_path / name).mkdir()
    for name in files:
        (tmp_path / name).touch()
    (tmp_path / "postgres").mkdir(mode=0o750)
    start(tmp_path)
    assert mode_of(tmp_path) == CLOSED
    assert open_to_others(tmp_path) == {}
    assert mode_of(tmp_path / "owner.lock") == 0o600
    assert mode_of(tmp_path / "mail") == 0o700
    assert mode_of(tmp_path / "postgres") == 0o750  # Postgres sees to that one itself


def test_what_else_lies_there_is_left_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    data_dir = tmp_path / "var"
    data_dir.mkdir()
    (data_dir / "secret_key").touch()
    (data_dir / "recordings").symlink_to(elsewhere)
    (data_dir / "notes.txt").touch()
    start(data_dir)
    assert mode_of(elsewhere) == 0o777
    assert mode_of(data_dir / "notes.txt") == 0o666


def test_a_folder_of_other_things_is_refused_not_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "letters").mkdir()
    with pytest.raises(StartupError, match=r"ZELTO_DATA_DIR.*chmod") as error:
        start(tmp_path)
    assert str(tmp_path) in str(error.value)
    assert mode_of(tmp_path) == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]
    tmp_path.chmod(CLOSED)
    start(tmp_path)


def test_a_folder_that_all_share_is_refused(tmp_path: Path) -> None:
    (tmp_path / "owner.lock").touch()
    tmp_path.chmod(0o1777)
    with pytest.raises(StartupError, match="ZELTO_DATA_DIR"):
        start(tmp_path)
    assert mode_of(tmp_path) == 0o1777


def test_an_empty_volume_is_taken(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "lost+found").mkdir()
    start(tmp_path)
    assert mode_of(tmp_path) == CLOSED


@pytest.mark.skipif(not IS_ROOT, reason="only root can give a folder away")
def test_an_open_folder_of_another_account_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "owner.lock").touch()
    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    with pytest.raises(StartupError, match=r"belongs to another account"):
        start(tmp_path)
    monkeypatch.undo()
    assert mode_of(tmp_path) == 0o755


def test_whoever_writes_first_makes_it_closed(tmp_path: Path) -> None:
    """Beside a database and a broker of one's own no command makes the folder."""
    with (
        override_settings(DATA_DIR=tmp_path / "a" / "var"),
        incoming_file() as path,
        new_incoming_file() as file,
    ):
        assert mode_of(path) == mode_of(Path(file.name)) == 0o600
        assert mode_of(path.parent) == mode_of(path.parent.parent) == 0o700
    with connect(tmp_path / "b" / "var") as connection:
        connection.SimpleQueue("deliveries").put({"delivery": 1})
    made = [path for path in (tmp_path / "b").rglob("*") if mode_of(path) & 0o077]
    assert made == []
    assert mode_of(tmp_path / "b") == 0o700


def test_the_copy_of_the_databases_log_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "MAX_LOG_BYTES", 1)
    cluster = Cluster(tmp_path)
    cluster.log.write_text("before")
    cluster.trim_log()
    assert mode_of(tmp_path / "postgres.log.1") == 0o600


@pytest.mark.processes
def test_a_running_stack_leaves_nothing_open() -> None:
    with Stack() as stack:
        provision(stack)
        session = requests.Session()
        form = session.get(f"{stack.url}/password/reset", timeout=10)
        token = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', form.text)[0]
        session.post(
            f"{stack.url}/password/reset",
            {"email": "ada@example.org", "csrfmiddlewaretoken": token},
            timeout=10,
        )
        (mail,) = (stack.data_dir / "mail").iterdir()
        assert "/password/reset/" in mail.read_text()
        assert mode_of(mail) == 0o600
        assert mode_of(stack.data_dir) == CLOSED
        assert open_to_others(stack.data_dir) == {}
        assert {"mail", "messages", "static", "owner.lock", "secret_key"} <= {
            path.name for path in stack.data_dir.iterdir()
        }
