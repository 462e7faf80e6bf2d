"""Carry Celery's messages in a folder, for installations without a broker.

kombu's filesystem transport writes a message under its final name, so a reader can
take it half-written, and takes it by moving it to the temporary folder, which may be
another disk. Here a message gets its name once it is whole, and belongs to whoever
unlinks it. It also keeps no more than MESSAGES_KEPT per queue: a message is only a
nudge, and what it announced is found by the sweep.
"""

import fcntl
import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.transport.filesystem import exchange_queue_t as Binding
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

from web.private_files import (
    PRIVATE_FILE,
    make_owner_only_folder,
    open_private_file,
)

logger = logging.getLogger(__name__)

MESSAGES_KEPT = 1000
MAX_WAIT_SECONDS = 0.5
# A draft lives for a millisecond; one that is older than this lost its writer.
MAX_DRAFT_AGE_SECONDS = 3600


def write_whole(path: Path, content: Any) -> None:
    """Write content as JSON: under its name it is either absent or complete.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    draft = path.with_name(f".{uuid.uuid4().hex}")
    try:
        draft.touch(mode=PRIVATE_FILE)
        draft.write_bytes(str_to_bytes(dumps(content)))
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def read_message(content: bytes) -> dict[str, Any] | None:
    """Return the message of a file, or None where it is none or not whole."""
    try:
        message = loads(bytes_to_str(content))
    except ValueError:
        return None
    whole = isinstance(message, dict) and {"body", "properties"} <= message.keys()
    return message if whole else None


class Channel(filesystem.Channel):
    """Put and get messages, each a file, and know which queue is bound to what."""

    @property
    def folder(self) -> Path:
        """Return where the messages are."""
        return Path(self.data_folder_in)

    def _waiting(self, queue: str) -> list[str]:
        """Return the file names of a queue, oldest first."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        return sorted(n for n in names if n.partition(".")[2] == f"{queue}.msg")

    # kombu's own two base classes disagree on this signature.
    def _put(  # type: ignore[override]
        self, queue: str, payload: dict[str, Any], **_: Any
    ) -> None:
        make_owner_only_folder(self.folder)
        name = f"{time.time_ns():020}_{uuid.uuid4().hex}.{queue}.msg"
        write_whole(self.folder / name, payload)
        self._forget_the_oldest(queue)

    def _forget_the_oldest(self, queue: str) -> None:
        too_many = self._waiting(queue)[:-MESSAGES_KEPT]
        for name in too_many:
            (self.folder / name).unlink(missing_ok=True)
        if too_many:
            self._remove_lost_drafts()

    def _remove_lost_drafts(self) -> None:
        for path in self.folder.glob(".*"):
            with suppress(FileNotFoundError):  # its writer was alive after all
                if time.time() - path.stat().st_mtime > MAX_DRAFT_AGE_SECONDS:
                    path.unlink()

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for name in self._waiting(queue):
            path = self.folder / name
            try:
                content = path.read_bytes()
                path.unlink()
            except FileNotFoundError:
                continue  # another reader unlinked it and has it now
            message = read_message(content)
            if message is not None:
                return message
            logger.warning("Dropped the unreadable message %s", name)
        raise Empty

    def _purge(self, queue: str) -> int:
        names = self._waiting(queue)
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        return len(names)

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _table_file(self, exchange: str) -> Path:
        # Refuses names that would leave the folder; the type stubs lack it.
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]
        return file

    def get_table(self, exchange: str) -> list[Any]:
        """Return what an exchange has bound: rows of routing key, pattern, queue."""
        stored = self._stored_table(exchange)
        if stored is not None:
            return stored
        # Somebody emptied the folder: what this process itself has bound holds.
        exchanges = self.state.exchanges or {}
        return list(exchanges.get(exchange, {}).get("table", []))

    def _stored_table(self, exchange: str) -> list[Any] | None:
        path = self._table_file(exchange)
        try:
            return [Binding(*row) for row in loads(bytes_to_str(path.read_bytes()))]
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            logger.warning("Dropped the unreadable table of bindings %s", path.name)
            return []

    def _queue_bind(
        self,
        exchange: str,
        routing_key: str | None,
        pattern: str | None,
        queue: str | None,
    ) -> None:
        row = Binding(routing_key or "", pattern or "", queue or "")
        self._change_table(
            exchange, lambda table: table if row in table else [row, *table]
        )

    def _delete(
        self,
        queue: str,
        exchange: str,
        routing_key: str,
        pattern: str,
        *_: Any,
        **__: Any,
    ) -> None:
        self._purge(queue)
        row = Binding(routing_key or "", pattern or "", queue or "")
        self._change_table(exchange, lambda table: [r for r in table if r != row])

    def _change_table(
        self, exchange: str, change: Callable[[list[Any]], list[Any]]
    ) -> None:
        with self._locked_tables():
            before = self._stored_table(exchange) or []
            after = change(before)
            if after != before:
                write_whole(self._table_file(exchange), after)

    @contextmanager
    def _locked_tables(self) -> Iterator[None]:
        """Hold the tables of all exchanges while a block of code runs.

        A lock file of its own: a table that is replaced cannot carry the lock.
        """
        make_owner_only_folder(self.control_folder)
        with open(self.control_folder / "lock", "wb", opener=open_private_file) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """Bring the scheme `folder` to kombu."""

    Channel = Channel

    # Here, too, kombu's base classes disagree.
    def drain_events(  # type: ignore[override]
        self, connection: Any, **options: Any
    ) -> None:
        """Wait for messages for at most MAX_WAIT_SECONDS.

        A worker looks whether it is to stop between two calls, and waits 2 s in one.
        """
        wanted = options.get("timeout") or MAX_WAIT_SECONDS
        super().drain_events(connection, timeout=min(wanted, MAX_WAIT_SECONDS))
