"""A database of one's own on the server of DATABASE_URL, for a stack under test."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

# `WITH (FORCE)` would end a vacuum as well, which one may not; without, it is asked to end
# by itself.
END_OWN = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = {} AND usename = current_user"""


class ScratchDatabase:
    """A new, empty database; `url` names it."""

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url
        self.name = f"zelto_stack_{uuid.uuid4().hex[:12]}"
        parts = urlsplit(server_url)
        self.url = urlunsplit(parts._replace(path=f"/{self.name}"))
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))

    def drop(self) -> None:
        self.run(sql.SQL(END_OWN).format(sql.Literal(self.name)))
        self.run(sql.SQL("DROP DATABASE {}").format(sql.Identifier(self.name)))

    def run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(statement)
