"""Which days the usage page shows, read from its address; a fault in it is never fatal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from conversations.days import read_day

# Beyond this, bars by day are too thin to tell apart.
MAX_DAYS_BY_DAY = 92
MAX_YEARS = 10
DEFAULT = "31-days"
NAMES = {
    "31-days": "Last 31 days",
    "this-month": "This month",
    "last-month": "Last month",
    "12-months": "Last 12 months",
}


@dataclass(frozen=True, slots=True)
class Period:
    """The days that are shown, both ends included.

    name: one of `NAMES`, or empty where somebody chose the dates.
    faults: sentences on what could not be read and is left out.
    """

    first_day: date
    last_day: date
    name: str = ""
    by_month: bool = False
    faults: tuple[str, ...] = ()

    @property
    def may_be_by_day(self) -> bool:
        return (self.last_day - self.first_day).days < MAX_DAYS_BY_DAY

    @property
    def query(self) -> str:
        return self._query(by_month=self.by_month)

    @property
    def query_by_day(self) -> str:
        return self._query(by_month=False)

    @property
    def query_by_month(self) -> str:
        return self._query(by_month=True)

    def _query(self, *, by_month: bool) -> str:
        dates = (
            {"period": self.name}
            if self.name
            else {"from": str(self.first_day), "to": str(self.last_day)}
        )
        return urlencode(dates | {"by": "month" if by_month else "day"})


def read_period(parameters: Mapping[str, str], today: date) -> Period:
    """Return the period that an address names, else the last 31 days."""
    faults: list[str] = []
    first = read_day(parameters.get("from", ""), "From", faults)
    last = read_day(parameters.get("to", ""), "To", faults)
    name = ""
    if first is None and last is None:
        name = parameters.get("period", DEFAULT)
        name = name if name in NAMES else DEFAULT
        first, last = named(name, today)
    else:
        last = last or max(today, first or today)
        first = first or last - timedelta(days=30)
        first, last = _in_order(first, last, faults)
    many = (last - first).days >= MAX_DAYS_BY_DAY
    by_month = many or parameters.get("by") == "month"
    return Period(first, last, name, by_month, tuple(faults))


def named(name: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of a period by its name."""
    this_month = today.replace(day=1)
    if name == "this-month":
        return this_month, today
    if name == "last-month":
        end = this_month - timedelta(days=1)
        return end.replace(day=1), end
    if name == "12-months":
        # This month and the eleven before it.
        months = today.year * 12 + today.month - 12
        return date(months // 12, months % 12 + 1, 1), today
    return today - timedelta(days=30), today


def _in_order(first: date, last: date, faults: list[str]) -> tuple[date, date]:
    if first > last:
        faults.append("From was after To, so they are swapped.")
        first, last = last, first
    longest = timedelta(days=366 * MAX_YEARS)
    if last - first > longest:
        faults.append(f"Shown are the last {MAX_YEARS} years of this period.")
        first = last - longest
    return first, last
