"""The filters in force above a list, each with the address that takes it away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """One filter as a reader sees it.

    query: of the address without it, without the question mark.
    """

    label: str
    value: object
    query: str


class Narrowed(Protocol):
    """What a list was asked for."""

    def without(self, name: str) -> Self:
        """Return the same without one filter."""

    def query(self) -> str:
        """Return these filters as the query of an address."""


def filters_in_force(
    asked: Narrowed, named: Iterable[tuple[str, str, object]]
) -> list[ActiveFilter]:
    """Return those filters that have a value.

    named: the name of each that there is, its label, and its value in words.
    """
    return [
        ActiveFilter(label, value, asked.without(name).query())
        for name, label, value in named
        if value
    ]
