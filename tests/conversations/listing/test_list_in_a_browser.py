"""Views, columns and keys of the list, as people use them."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Membership
from conversations.listing.columns import LABELS
from conversations.listing.saved_view_actions import save_view
from conversations.models import Conversation, SavedView, SeenValue
from tests.browser.axe import faults_in_looks, show, too_wide_at
from tests.conversations.browser import signed_in_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
URL = "/org/acme/conversations"
ARRIVES_WITHIN = 6_000  # milliseconds; it looks every two seconds


@pytest.fixture
def rows(make_conversation) -> list[Conversation]:
    """Oldest first."""
    return [
        make_conversation(
            external_id=f"RM_{number}",
            created_at=timezone.now(),
            version="v1" if number % 2 else "v2",
            metadata={"campaign": f"spring {number}"},
        )
        for number in range(6)
    ]


@pytest.fixture
def seen_key(organization) -> None:
    SeenValue.objects.create(
        organization=organization,
        kind=SeenValue.Kind.METADATA_KEY,
        value="campaign",
        last_seen_at=timezone.now(),
    )


@pytest.fixture
def long_names(alice, bob, organization, rows) -> SavedView:
    """Views with names as long as they may be; the shared one of another person."""
    for person in (alice, bob):
        person.name = "x" * 250
        person.save()
        for number in range(8):
            view = save_view(
                membership=Membership.objects.get(user=person),
                name=f"{number}" + "W" * 59,
                query=f"reference=RM_{number}",
                shared=True,
                by=person,
            )
    return view


def open_menu(page: Page, name: str) -> None:
    page.locator("summary", has_text=re.compile(f"^{name}$")).click()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_view_is_saved_and_shared_and_another_uses_it(
    browser, live_server, bob_client, alice_client, rows, scripts
):
    options = {"java_script_enabled": scripts}
    with signed_in_page(browser, live_server.url, bob_client, **options) as page:
        page.goto(f"{URL}?version=v1")
        open_menu(page, "Save view")
        page.get_by_label("Name", exact=True).fill("Version one")
        page.get_by_label("Share with everybody in Acme").check()
        page.get_by_role("button", name="Save", exact=True).click()
        views = page.get_by_role("navigation", name="Saved views")
        mine = views.get_by_role("link", name="Version one")
        expect(mine).to_have_attribute("aria-current", "page")
        page.get_by_role("link", name="Remove the filter Version: v1").click()
        expect(mine).to_contain_text("changed")
        page.get_by_role("combobox", name="Agent").select_option(label="Front desk")
        page.get_by_role("button", name="Filter").click()
        page.get_by_role("button", name="Update view").click()
        expect(mine).to_have_attribute("aria-current", "page")
        expect(mine).not_to_contain_text("changed")
    with signed_in_page(browser, live_server.url, alice_client, **options) as page:
        page.goto(URL)
        theirs = page.get_by_role("link", name="Version one shared by Bob Example")
        theirs.click()
        expect(theirs).to_have_attribute("aria-current", "page")
        expect(
            page.get_by_role("link", name="Remove the filter Agent: Front desk")
        ).to_be_visible()
        expect(page.locator("tbody tr")).to_have_count(6)
        expect(page.get_by_role("button", name="Rename")).to_have_count(0)
    assert SavedView.objects.get().is_shared


def test_long_names_and_many_columns_stay_within_the_page(
    page: Page, rows, seen_key, long_names
):
    columns = ",".join([*LABELS, "metadata.campaign", "metadata." + "x" * 250])
    for query in ("", f"?columns={columns}", f"?reference=RM&view={long_names.pk}"):
        page.goto(URL + query)
        menus = page.locator(".z-views summary")
        for width in (360, 390, 768, 1440):
            show(page, width)
            for number in range(menus.count()):
                menus.nth(number).click()
                panel = page.locator(".z-views details[open] .z-menu-panel")
                expect(panel).to_be_in_viewport(ratio=1)
                menus.nth(number).click()
            assert too_wide_at(page, (width,)) == [], query


def test_the_rules_of_axe_hold_in_the_menus(page: Page, rows, seen_key, long_names):
    page.goto(f"{URL}?columns={','.join(LABELS)}&view={long_names.pk}")
    page.keyboard.press("j")
    page.evaluate(
        "document.querySelectorAll('.z-views details').forEach(one => one.open = true)"
    )
    for look, found in faults_in_looks(page):
        assert [one["id"] for one in found] == [], look


def test_columns_are_chosen_and_live_rows_come_with_them(
    page: Page, rows, seen_key, make_conversation
):
    page.goto(f"{URL}?version=v1")
    open_menu(page, "Columns")
    page.get_by_role("checkbox", name="Cost").uncheck()
    page.get_by_role("checkbox", name="Version").check()
    page.get_by_role("checkbox", name="campaign").check()
    page.get_by_role("button", name="Show").click()
    heads = page.locator("thead th")
    expect(heads.filter(has_text="campaign")).to_be_visible()
    expect(heads.filter(has_text="Cost")).to_have_count(0)
    expect(page.locator("tbody tr").first).to_contain_text("spring 5")
    expect(page.locator("tbody tr")).to_have_count(3)
    make_conversation(
        external_id="RM_new",
        created_at=timezone.now(),
        version="v1",
        metadata={"campaign": "summer"},
    )
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("RM_new", timeout=ARRIVES_WITHIN)
    expect(first.locator("td")).to_have_count(heads.count())
    expect(first).to_contain_text("summer")
    # The next visit shows them again.
    page.get_by_role("link", name="All", exact=True).click()
    expect(heads.filter(has_text="campaign")).to_be_visible()
    open_menu(page, "Columns")
    page.get_by_role("button", name="Usual columns").click()
    expect(heads.filter(has_text="Cost")).to_be_visible()
    expect(heads.filter(has_text="campaign")).to_have_count(0)


def test_keys_walk_the_rows_and_open_one(page: Page, rows, make_conversation):
    page.goto(URL)

    def link(number: int):
        return page.get_by_role("link", name=f"RM_{number}", exact=True)

    page.keyboard.press("ArrowDown")
    expect(page.locator(":focus")).to_have_count(0)  # the page scrolls
    page.keyboard.press("j")
    expect(link(5)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(link(3)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("k")
    expect(link(5)).to_be_focused()
    page.keyboard.press("j")
    make_conversation(external_id="RM_new", created_at=timezone.now())
    expect(page.locator("tbody tr").first).to_contain_text(
        "RM_new", timeout=ARRIVES_WITHIN
    )
    expect(link(4)).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("jk")
    expect(page.get_by_label("Search")).to_have_value("jk")
    page.keyboard.press("Tab")
    page.get_by_label("Search").evaluate("one => document.activeElement.blur()")
    page.keyboard.press("j")
    expect(link(4)).to_be_focused()  # it goes on where it was
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(f"{URL}/{rows[4].pk}"))


def test_enter_opens_what_has_the_focus(page: Page, rows):
    page.goto(URL)
    page.keyboard.press("j")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/org/acme/agents/"))
    page.go_back()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"{URL}/{rows[5].pk}"))


def test_the_list_of_keys_names_those_of_the_rows(page: Page, rows):
    page.goto(URL)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    for text in ("Next row", "Previous row", "Open the row", "Search"):
        expect(dialog.get_by_text(text, exact=True)).to_be_visible()
