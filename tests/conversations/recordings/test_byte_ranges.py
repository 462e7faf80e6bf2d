"""Which bytes a `Range` header asks for"""

from __future__ import annotations

import pytest

from conversations.recordings.byte_ranges import ByteRange, NotThere, range_in

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-499", 0, 500),
        ("bytes=500-999", 500, 1000),
        ("bytes=500-5000", 500, 1000),
        ("bytes=500-", 500, 1000),
        ("bytes=999-", 999, 1000),
        ("bytes=-1", 999, 1000),
        ("bytes=-1000", 0, 1000),
        ("bytes=-5000", 0, 1000),
        ("Bytes=0-9", 0, 10),
        ("bytes= 0-9 ", 0, 10),
    ],
)
def test_it_finds_the_bytes(header: str, start: int, end: int) -> None:
    found = range_in(header, SIZE)
    assert found is not None
    assert (found.start, found.end) == (start, end)
    assert found.length == end - start


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=9-3",
        "bytes=0-1,5-6",
        "bytes=1 -2",
        "bytes=-1-2",
        "bytes=0x1-2",
        "bytes=\u0661-\u0662",
        "items=0-5",
        "bytes=0-" + "9" * 5000,
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_what_makes_no_sense_asks_for_all(header: str | None) -> None:
    assert range_in(header, SIZE) is None


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_what_is_not_within_it_is_refused(header: str) -> None:
    with pytest.raises(NotThere):
        range_in(header, SIZE)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-5"])
def test_nothing_is_within_an_empty_file(header: str) -> None:
    with pytest.raises(NotThere):
        range_in(header, 0)


def test_only_a_range_to_the_end_is_open() -> None:
    ranges = [range_in(f"bytes={text}", SIZE) for text in ("0-", "0-999", "-1000")]
    assert [one and one.is_open for one in ranges] == [True, False, False]


def test_a_piece_of_it_begins_where_it_begins() -> None:
    whole = ByteRange(100, 1000, is_open=True)
    assert whole.at_most(50) == ByteRange(100, 150, is_open=True)
    assert whole.at_most(5000) == whole
