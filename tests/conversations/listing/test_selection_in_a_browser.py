"""Rows selected, exported and erased, in a real browser."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from conversations.exports import rows
from conversations.models import Conversation
from tests.conversations.browser import signed_in_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/org/acme/conversations"
ARRIVES_WITHIN = 6_000  # milliseconds; the list looks every two seconds


@pytest.fixture
def sixty(make_conversation):
    start = timezone.now() - timedelta(hours=2)
    return [
        make_conversation(
            external_id=f"RM_{number:02}",
            created_at=start + timedelta(minutes=number),
            metadata={"note": 'two\nlines, "quoted"'},
        )
        for number in range(60)
    ]


def box(page, reference):
    return page.get_by_role("checkbox", name=f"Select {reference}", exact=True)


def bar(page):
    return page.get_by_role("form", name="Selected conversations")


def download(page, press):
    with page.expect_download() as started:
        press()
    return Path(started.value.path()).read_bytes()


def references(body):
    text = io.StringIO(body.decode("utf-8-sig"), newline="")
    return [row["reference"] for row in csv.DictReader(text)]


def test_three_rows_are_selected_and_exported(page, sixty):
    page.goto(URL)
    expect(bar(page)).to_be_hidden()
    for reference in ("RM_57", "RM_55", "RM_51"):
        box(page, reference).check()
    expect(bar(page)).to_contain_text("3 selected")
    expect(page.get_by_role("status").filter(has_text="3 selected")).to_have_count(1)
    bar(page).get_by_role("button", name="Export…").click()
    expect(page.locator(".z-lead")).to_contain_text(
        "3 conversations, selected row by row"
    )
    body = download(page, page.get_by_role("button", name="Download").click)
    assert references(body) == ["RM_57", "RM_55", "RM_51"]
    expect(page.locator("[data-export-state]")).to_contain_text("Done: 3 conversations")


def test_all_that_match_are_exported(page, sixty, make_conversation):
    for number in range(55):
        make_conversation(provider="zelto", external_id=f"other-{number}")
    page.goto(f"{URL}?provider=livekit")
    page.get_by_role("checkbox", name="Select all on this page").check()
    expect(bar(page)).to_contain_text("50 selected")
    page.get_by_label("All that match these filters").check()
    expect(bar(page)).to_contain_text("All that match are selected")
    bar(page).get_by_role("button", name="Export…").click()
    expect(page).to_have_url(
        f"{page.url.split('?')[0]}?provider=livekit&only=chosen&all=1"
    )
    expect(page.locator(".z-lead")).to_contain_text("60 conversations that match")
    page.get_by_label("JSON lines", exact=True).check()
    body = download(page, page.get_by_role("button", name="Download").click)
    found = [json.loads(line)["referenceId"] for line in body.decode().splitlines()]
    assert found == [f"RM_{number:02}" for number in reversed(range(60))]
    expect(page.locator("[data-export-state]")).to_contain_text(
        "Done: 60 conversations"
    )


def test_unticking_one_row_ends_all_that_match(page, sixty):
    page.goto(URL)
    box(page, "RM_57").check()
    page.get_by_label("All conversations").check()
    box(page, "RM_55").uncheck()
    expect(page.get_by_label("All conversations")).not_to_be_checked()
    expect(bar(page)).to_contain_text("49 selected")


def test_the_key_x_toggles_the_row_that_has_the_focus(page, sixty):
    page.goto(URL)
    page.keyboard.press("x")
    expect(bar(page)).to_be_hidden()
    page.get_by_role("link", name="RM_57").focus()
    page.keyboard.press("x")
    expect(box(page, "RM_57")).to_be_checked()
    expect(page.get_by_role("link", name="RM_57")).to_be_focused()
    page.keyboard.press("x")
    expect(box(page, "RM_57")).not_to_be_checked()
    # Also from the box itself.
    box(page, "RM_56").focus()
    page.keyboard.press("x")
    expect(box(page, "RM_56")).to_be_checked()


def test_the_shift_key_selects_all_between(page, sixty):
    page.goto(URL)
    box(page, "RM_57").click()
    box(page, "RM_53").click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("5 selected")
    bar(page).get_by_role("button", name="Clear selection").click()
    expect(bar(page)).to_be_hidden()
    expect(box(page, "RM_55")).not_to_be_checked()


def test_a_selection_survives_what_arrives_and_what_changes(
    page, sixty, make_conversation
):
    page.goto(URL)
    last, changes = "RM_10", "RM_55"
    for reference in (last, changes):
        box(page, reference).check()
    page.get_by_role("link", name="RM_57").focus()
    make_conversation(external_id="RM_new", created_at=timezone.now())
    Conversation.objects.filter(external_id=changes).update(
        ended_reason="task_completed", updated_at=timezone.now()
    )
    expect(page.get_by_text("task_completed")).to_be_visible(timeout=ARRIVES_WITHIN)
    expect(page.get_by_role("link", name="RM_new")).to_be_visible()
    expect(box(page, "RM_new")).not_to_be_checked()
    for reference in (last, changes):
        expect(box(page, reference)).to_be_checked()
    expect(bar(page)).to_contain_text("2 selected")
    # Only what is selected stays beyond the fifty.
    expect(page.locator("tbody tr")).to_have_count(51)


def test_selecting_moves_nothing(page, sixty):
    page.goto(URL)
    row = page.locator("tbody tr").nth(3)
    before = row.bounding_box()
    box(page, "RM_57").check()
    expect(bar(page)).to_be_visible()
    assert row.bounding_box() == before


def test_an_export_can_be_cancelled(page, sixty, monkeypatch):
    monkeypatch.setattr(rows, "STEP", 5)
    hold = Event()
    with_agents = rows._with_agents
    steps = []

    def waits(found):
        steps.append(found)
        if len(steps) > 1:
            hold.wait(30)
        return with_agents(found)

    monkeypatch.setattr(rows, "_with_agents", waits)
    page.goto(f"{URL}/export")
    saved = []
    page.on("download", lambda download: saved.append(download))
    page.get_by_role("button", name="Download").click()
    cancel = page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    cancel.click()
    expect(page.locator("[data-export-state]")).to_have_text(
        "Cancelled. Nothing was saved."
    )
    expect(page.get_by_role("button", name="Download")).to_be_focused()
    hold.set()
    # And it can be had after all.
    assert (
        len(
            references(
                download(page, page.get_by_role("button", name="Download").click)
            )
        )
        == 60
    )
    assert len(saved) == 1


def test_one_that_breaks_off_is_not_saved(page, sixty, monkeypatch):
    monkeypatch.setattr(rows, "STEP", 25)
    with_agents = rows._with_agents

    def breaks(found):
        if found[0].external_id == "RM_34":
            raise RuntimeError("the database went away")
        return with_agents(found)

    monkeypatch.setattr(rows, "_with_agents", breaks)
    page.goto(f"{URL}/export")
    saved = []
    page.on("download", lambda download: saved.append(download))
    for label in ("CSV", "JSON lines"):
        page.get_by_label(label, exact=True).check()
        page.get_by_role("button", name="Download").click()
        expect(page.locator("[data-export-state]")).to_have_text(
            "The export broke off, and nothing was saved. Try again."
        )
    assert saved == []


def test_without_scripts_the_form_does_it_all(browser, live_server, dora_client, sixty):
    with signed_in_page(
        browser, live_server.url, dora_client, java_script_enabled=False
    ) as page:
        page.goto(URL)
        box(page, "RM_57").check()
        box(page, "RM_55").check()
        page.get_by_role("button", name="Export…").click()
        body = download(page, page.get_by_role("button", name="Download").click)
        assert references(body) == ["RM_57", "RM_55"]
        page.goto(URL)
        page.get_by_label("All conversations").check()
        page.get_by_role("button", name="Export…").click()
        page.get_by_label("JSON lines with transcripts").check()
        body = download(page, page.get_by_role("button", name="Download").click)
        assert len(body.decode().splitlines()) == 60
        page.goto(URL)
        box(page, "RM_57").check()
        page.get_by_role("button", name="Erase…").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "Erase 1 conversation?"
        )


def test_an_admin_erases_what_is_selected(browser, live_server, dora_client, sixty):
    with signed_in_page(browser, live_server.url, dora_client) as page:
        page.goto(URL)
        for reference in ("RM_57", "RM_55"):
            box(page, reference).check()
        page.get_by_role("button", name="Erase…").click()
        page.get_by_label("Confirmation").fill("erase 2")
        page.get_by_role("button", name="Erase for good").click()
        expect(page.get_by_text("Erased 2 conversations.")).to_be_visible()
        expect(page.get_by_role("link", name="RM_56")).to_be_visible()
        expect(page.get_by_role("link", name="RM_57")).to_have_count(0)


def test_a_member_is_not_offered_to_erase(page, sixty):
    page.goto(URL)
    box(page, "RM_57").check()
    expect(bar(page)).to_be_visible()
    expect(page.get_by_role("button", name="Erase…")).to_have_count(0)
