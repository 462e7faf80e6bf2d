from datetime import timedelta

import pytest

from conversations.models import Conversation
from tests.conversations.conftest import NOON
from web.paging import (
    BadCursor,
    Keyset,
    Position,
    first_page,
    page_after,
    page_before,
)


def all_conversations():
    everything = Conversation.objects.all()
    return Keyset(everything, Position.of, Position.from_cursor)


def walk_down(source, size):
    page = first_page(source, size)
    pages = [page.rows]
    while page.older:
        page = page_before(source, page.older, size)
        pages.append(page.rows)
    return pages


@pytest.fixture
def seven(make_conversation):
    """Seven conversations, three of them of the same moment; newest first."""
    for minute in (0, 1, 2, 2, 2, 3, 4):
        make_conversation(created_at=NOON + timedelta(minutes=minute))
    return list(Conversation.objects.newest_first())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_each_row_is_on_one_page_whatever_the_size(seven, size):
    pages = walk_down(all_conversations(), size)
    assert [row for rows in pages for row in rows] == seven
    assert all(len(rows) <= size for rows in pages)


def test_the_way_back_up_shows_the_same_rows(seven):
    everything = all_conversations()
    second = page_before(everything, Position.of(seven[1]), 2)
    assert second.older
    third = page_before(everything, second.older, 2)
    assert third.rows == seven[4:6]
    assert third.newer
    assert page_after(everything, third.newer, 2).rows == second.rows


def test_a_page_that_reaches_the_top_is_the_first_page_in_full(seven):
    page = page_after(all_conversations(), Position.of(seven[1]), 3)
    assert page.rows == seven[:3]
    assert page.newer is None


def test_rows_that_arrive_meanwhile_shift_nothing(seven, make_conversation):
    page = first_page(all_conversations(), 3)
    assert page.older
    make_conversation(created_at=NOON + timedelta(minutes=9))
    assert page_before(all_conversations(), page.older, 3).rows == seven[3:6]


def test_an_emptied_page_still_leads_back(seven):
    page = page_before(all_conversations(), Position.of(seven[6]), 3)
    assert page.rows == []
    assert page.newer
    assert page.older is None


def test_a_cursor_names_a_position(seven):
    position = Position.of(seven[0])
    assert Position.from_cursor(position.cursor) == position


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!!", "AAAA", "MjAyNi0xMS0yMlQxMjowMDowMCB4", "é" * 50]
)
def test_a_damaged_cursor_is_told_apart(cursor):
    with pytest.raises(BadCursor):
        Position.from_cursor(cursor)
