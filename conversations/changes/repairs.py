"""Changes that put a conversation right without anything having happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_SET = "SELECT set_config('zelto.repairs', %s, true)"


@contextmanager
def repairing() -> Iterator[None]:
    """Have what the block changes of conversations be no event, inside the caller's
    transaction: it was folded again, or moved to another agent.

    Programs that follow the order of changes see it all the same.
    """
    _set("on")
    yield
    # Where the block raised, its transaction ends, and the setting with it.
    _set("")


def _set(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SET, [value])
