"""New rows appear by themselves, in a real browser, and nothing jumps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from conversations.models import Conversation
from tests.conversations.conftest import MakeConversation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/org/acme/conversations"
ARRIVES_WITHIN = 6_000  # milliseconds; it looks every two seconds


@pytest.fixture
def arrive(make_conversation: MakeConversation) -> MakeConversation:
    def make(external_id: str, **fields: Any) -> Conversation:
        return make_conversation(
            external_id=external_id, created_at=timezone.now(), **fields
        )

    return make


@pytest.fixture
def fifty(make_conversation):
    start = timezone.now() - timedelta(hours=2)
    for number in range(60):
        make_conversation(
            external_id=f"RM_{number:02}", created_at=start + timedelta(minutes=number)
        )


def test_the_first_call_appears_on_the_empty_page(page, arrive):
    page.goto(URL)
    expect(page.get_by_text("No conversations yet.")).to_be_visible()
    arrive("RM_first")
    expect(page.get_by_role("link", name="RM_first")).to_be_visible(
        timeout=ARRIVES_WITHIN
    )
    expect(page.get_by_text("No conversations yet.")).to_have_count(0)
    expect(page.get_by_label("Reference or name")).to_be_visible()


def test_a_row_slips_in_and_focus_and_selection_stay(page, arrive, fifty):
    page.goto(URL)
    focused = page.get_by_role("link", name="RM_55")
    focused.focus()
    page.evaluate(
        "document.getSelection().selectAllChildren("
        "document.querySelector('tbody tr:nth-child(3) .z-col-ended'))"
    )
    arrive("RM_new")
    expect(page.locator("tbody tr").first).to_contain_text(
        "RM_new", timeout=ARRIVES_WITHIN
    )
    expect(page.locator("tbody tr")).to_have_count(50)
    expect(focused).to_be_focused()
    selected = page.evaluate(
        "document.getSelection().anchorNode.parentElement.closest('tr').textContent"
    )
    assert "RM_57" in selected


def test_a_scrolled_reader_gets_a_bar(page, arrive, fifty):
    page.goto(URL)
    page.mouse.move(600, 400)
    page.mouse.wheel(0, 900)
    row = page.get_by_role("link", name="RM_40")
    expect(row).to_be_in_viewport()
    before = row.bounding_box()
    arrive("RM_a")
    arrive("RM_b")
    bar = page.get_by_role("button", name="2 new conversations")
    expect(bar).to_be_visible(timeout=ARRIVES_WITHIN)
    assert row.bounding_box() == before
    expect(page.get_by_role("link", name="RM_a")).to_have_count(0)
    bar.click()
    expect(page.locator("tbody tr").first).to_contain_text("RM_b")
    expect(page.locator("tbody tr").first).to_be_in_viewport()
    expect(bar).to_be_hidden()


def test_a_call_that_changes_is_shown_as_it_is(page, arrive):
    conversation = arrive("RM_9f", ended_reason="")
    page.goto(URL)
    expect(page.get_by_role("link", name="RM_9f")).to_be_visible()
    Conversation.objects.filter(pk=conversation.pk).update(
        ended_reason="task_completed", updated_at=timezone.now()
    )
    expect(page.get_by_text("task_completed")).to_be_visible(timeout=ARRIVES_WITHIN)


def test_only_calls_that_fit_the_filter_appear(page, arrive, make_findable):
    arrive("RM_known")
    page.goto(f"{URL}?reference=known")
    arrive("RM_stranger")
    arrive("RM_known_too")
    make_findable()
    expect(page.get_by_role("link", name="RM_known_too")).to_be_visible(
        timeout=ARRIVES_WITHIN
    )
    expect(page.get_by_role("link", name="RM_stranger")).to_have_count(0)


def test_the_way_to_older_pages_follows(page, arrive, fifty):
    page.goto(URL)
    arrive("RM_new")
    expect(page.get_by_role("link", name="RM_new")).to_be_visible(
        timeout=ARRIVES_WITHIN
    )
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr").first).to_contain_text("RM_10")


def test_someone_signed_out_meanwhile_is_told(page, arrive, bob_client):
    arrive("RM_9f")
    page.goto(URL)
    bob_client.logout()
    expect(page.get_by_text("Reload to go on")).to_be_visible(timeout=ARRIVES_WITHIN)
