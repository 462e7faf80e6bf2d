"""What the tests of pages leave out to save time, they would still find."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.axe import LOOKS, Look, faults_in_looks

pytestmark = pytest.mark.browser

PAGE = """
<!doctype html><html lang="en"><head><title>A page</title>
<meta name="viewport" content="width=device-width"><style>{style}</style></head>
<body><main><h1>A page</h1><p>Words</p>{more}</main></body></html>
"""


def found(page: Page, *, style: str, more: str = "", but: str = "") -> dict[Look, str]:
    """The rules that are broken, by the look in which they are."""
    page.set_content(PAGE.format(style=style, more=more))
    seen = faults_in_looks(page, but=[but] if but else [])
    return {look: " ".join(one["id"] for one in found) for look, found in seen if found}


def test_a_page_without_faults_has_none(page: Page) -> None:
    assert found(page, style="") == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_colour_of_one_scheme_is_judged(page: Page, scheme: str) -> None:
    grey = f"@media (prefers-color-scheme: {scheme}) {{ p {{ color: #ddd }} }}"
    looks = [look for look in LOOKS if look[1] == scheme]
    assert found(page, style=grey) == dict.fromkeys(looks, "color-contrast")


@pytest.mark.parametrize("way", ["display: none", "visibility: hidden"])
def test_what_only_one_scheme_shows_is_judged_by_every_rule(
    page: Page, way: str
) -> None:
    style = f"@media (prefers-color-scheme: light) {{ button {{ {way} }} }}"
    nameless = "<button></button>"
    looks = [look for look in LOOKS if look[1] == "dark"]
    assert found(page, style=style, more=nameless) == dict.fromkeys(
        looks, "button-name"
    )


def test_what_only_a_width_shows_is_judged_by_every_rule(page: Page) -> None:
    style = "@media (min-width: 600px) { button { display: none } }"
    looks = [look for look in LOOKS if look[0] == 390]
    assert set(found(page, style=style, more="<button></button>")) == set(looks[:1])


def test_what_is_left_out_is_judged_in_the_first_look(page: Page) -> None:
    nameless = "<button></button>"
    assert set(found(page, style="", more=nameless, but="button")) == {LOOKS[0]}
