"""The turn that a search found has a line of its own below the row, with the word in it."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from conversations.models import Conversation
from tests.conversations.browser import signed_in_page
from tests.conversations.conftest import MakeConversation, MakeFindable

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

URL = "/org/acme/conversations"
ARRIVES_WITHIN = 6_000  # milliseconds; it looks every two seconds
# Around the word, in letters of every width, and in ones without a space.
TURNS = [
    "I called three times about the lamp and nobody could tell me where it is",
    "lamp",
    "WWWWWWWWWWWWWW MMMMMMMMMMMMMM WWWWWWWWWWWW LAMP WWWWWWWWW MMMMMMM " * 4,
    "x" * 300 + " lamp " + "y" * 300,
    "明日の朝に配達されると聞きましたがまだ届いていませんので確認してください lamp を探しています",
    "😀" * 38 + " lamp " + "😀" * 90,
    "متى يصل الطلب الذي طلبته قبل أسبوع من المتجر lamp شكرا لكم على المساعدة",
]
# For each line: the box of its row, of the line, and of the first word in it, whether
# the word is within what the line shows, and whether it is marked.
MEASURE = """() => [...document.querySelectorAll("tbody > .z-found")].map((line) => {
  const text = line.querySelector(".z-excerpt").getBoundingClientRect();
  const mark = line.querySelector("mark");
  const word = mark.getClientRects()[0];
  const row = line.previousElementSibling.getBoundingClientRect();
  return {
    row: line.previousElementSibling.id,
    below: line.getBoundingClientRect().top - row.bottom,
    share: text.width / row.width,
    isWithin: word.left >= text.left - 1 && word.right <= text.right + 1
      && word.top >= text.top - 1 && word.bottom <= text.bottom + 1,
    isSeen: text.left >= 0 && text.right <= window.innerWidth,
    word: mark.textContent.toLowerCase(),
  };
})"""


@pytest.fixture
def found(
    make_conversation: MakeConversation, make_findable: MakeFindable
) -> list[Conversation]:
    rows = [
        make_conversation(
            [{"role": "user", "content": text}],
            external_id=f"RM_{number}_with_a_reference_that_is_long",
            created_at=timezone.now(),
        )
        for number, text in enumerate(TURNS)
    ]
    make_findable()
    return rows


def assert_each_line_shows_its_word(page: Page, count: int) -> None:
    lines: list[dict[str, Any]] = page.evaluate(MEASURE)
    assert len(lines) == count
    for line in lines:
        assert line["word"] == "lamp"
        assert line["isWithin"], line
        assert line["isSeen"], line
        assert abs(line["below"]) < 2, line
        assert line["share"] > 0.8, line
    assert not page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_word_is_seen_at_every_width(
    browser: Browser,
    live_server: LiveServer,
    bob_client: Client,
    dora_client: Client,
    found: list[Conversation],
    theme: str,
) -> None:
    for client in (bob_client, dora_client):  # without and with a column of boxes
        with signed_in_page(
            browser, live_server.url, client, color_scheme=theme
        ) as page:
            for columns in ("", "&columns=reference,agent,version,turns,audio"):
                page.goto(f"{URL}?q=lamp{columns}")
                for width in (390, 480, 640, 767, 768, 900, 991, 992, 1199, 1200, 1440):
                    page.set_viewport_size({"width": width, "height": 900})
                    assert_each_line_shows_its_word(page, len(TURNS))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_rules_of_axe_hold(
    browser: Browser,
    live_server: LiveServer,
    dora_client: Client,
    found: list[Conversation],
    theme: str,
    width: int,
) -> None:
    size = {"width": width, "height": 900}
    with signed_in_page(
        browser, live_server.url, dora_client, viewport=size, color_scheme=theme
    ) as page:
        page.goto(f"{URL}?q=lamp")
        page.locator("[data-select]").first.check()
        result = Axe().run(page).response
        assert result["passes"]
        assert [
            (one["id"], node["target"], node["failureSummary"])
            for one in result["violations"]
            for node in one["nodes"]
        ] == []


def test_the_line_leads_to_its_turn(page: Page, found: list[Conversation]) -> None:
    page.goto(f"{URL}?q=lamp")
    row = page.locator(f"#row-{found[0].id}")
    row.hover()
    line = page.locator(f"#found-{found[0].id}")
    line.get_by_role("link").click()
    expect(page.locator("#turn-1 mark")).to_have_text("lamp")


def test_a_row_that_arrives_comes_with_its_line_and_counts_once(
    page: Page,
    found: list[Conversation],
    make_conversation: MakeConversation,
    make_findable: MakeFindable,
) -> None:
    page.goto(f"{URL}?q=lamp")
    page.keyboard.press("j")
    new = make_conversation(
        [{"role": "user", "content": "Another lamp"}],
        external_id="RM_new",
        created_at=timezone.now(),
    )
    make_findable()
    rows = page.locator("tbody > tr")
    expect(rows.first).to_contain_text("RM_new", timeout=ARRIVES_WITHIN)
    expect(rows.nth(1)).to_have_id(f"found-{new.id}")
    expect(rows).to_have_count(2 * (len(TURNS) + 1))
    expect(page.locator("[data-live-news]")).to_have_text("1 new conversation")
    assert_each_line_shows_its_word(page, len(TURNS) + 1)
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="RM_new")).to_be_focused()


def test_a_selected_row_keeps_its_line_when_it_fits_no_more(
    browser: Browser,
    live_server: LiveServer,
    dora_client: Client,
    found: list[Conversation],
) -> None:
    with signed_in_page(browser, live_server.url, dora_client) as page:
        page.goto(f"{URL}?q=lamp")
        selected, other = found[0].id, found[1].id
        page.locator(f"#row-{selected} [data-select]").check()
        for gone in found[:2]:
            gone.delete()
        expect(page.locator(f"#row-{other}")).to_have_count(0, timeout=ARRIVES_WITHIN)
        expect(page.locator(f"#found-{other}")).to_have_count(0)
        expect(page.locator(f"#row-{selected}")).to_have_count(1)
        expect(page.locator(f"#found-{selected}")).to_have_count(1)
