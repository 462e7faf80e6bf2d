"""The rules of axe (WCAG 2.2 A and AA, and its good habits), on a page in all its looks.

A page is loaded once, then resized and recoloured. Where it has the same shape in two
schemes, the second one is judged by the rules on colours alone: no other rule can tell
the two apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]
    DEFAULT_OPTIONS,
    Axe,
)
from playwright.sync_api import Page

# Width in pixels, and colour scheme.
Look = tuple[int, str]
LOOKS: Sequence[Look] = (
    (1440, "light"),
    (1440, "dark"),
    (390, "light"),
    (390, "dark"),
)
HEIGHT = 900
OPTIONS: dict[str, Any] = DEFAULT_OPTIONS
# Whatever was changed is laid out and has its last colour: nothing is half-way.
SETTLED = """
new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(() => {
  for (const one of document.getAnimations()) {
    if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
  }
  requestAnimationFrame(go);
})))
"""
# A page that is recoloured begins a transition for each element and colour; to finish
# them one by one takes it a second. Without any it has its last colours at once.
WITHOUT_TRANSITIONS = """
(() => {
  if (document.adoptedStyleSheets.length) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, ::before, ::after { transition: none !important }");
  document.adoptedStyleSheets.push(sheet);
})()
"""
# What a rule may read of a page, but its colours: its elements, where each of them is,
# and whether it can be seen.
SHAPE = """
(() => {
  const told = [document.title, document.documentElement.lang, document.body.outerHTML];
  for (const one of document.querySelectorAll("body, body *")) {
    const { x, y, width, height } = one.getBoundingClientRect();
    const { visibility, opacity, clipPath } = getComputedStyle(one);
    told.push([x, y, width, height, visibility, opacity, clipPath].join(" "));
  }
  return told.join("\\n");
})()
"""
IS_TOO_WIDE = (
    "document.documentElement.scrollWidth > document.documentElement.clientWidth"
)
RULES_ON_COLOURS = """
axe.getRules(["cat.color"])
  .filter(({ tags }) => !tags.includes("wcag2aaa") && !tags.includes("experimental"))
  .map(({ ruleId }) => ruleId)
"""


@cache
def script() -> str:
    text: str = Axe().axe_script
    return text


def show(page: Page, width: int, scheme: Any = "light") -> None:
    """Resize and recolour a page, and wait until nothing of it moves."""
    page.evaluate(WITHOUT_TRANSITIONS)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.evaluate(SETTLED)


def faults_in_looks(
    page: Page,
    looks: Sequence[Look] = LOOKS,
    *,
    but: Sequence[str] = (),
    **options: Any,
) -> Iterator[tuple[Look, list[dict[str, Any]]]]:
    """Yield each look, in which the page is shown then, and what axe finds in it.

    but: selectors of what only the first look is at. options: of axe, beside OPTIONS.
    """
    page.evaluate(script())
    colours: list[str] = page.evaluate(RULES_ON_COLOURS)
    widths = [width for width, _ in looks]
    shapes: dict[int, str] = {}
    for number, (width, scheme) in enumerate(looks):
        show(page, width, scheme)
        wanted = OPTIONS | options
        if widths.count(width) > 1:
            shape: str = page.evaluate(SHAPE)
            if shapes.get(width) == shape:
                wanted |= {"runOnly": {"type": "rule", "values": colours}}
            shapes[width] = shape
        left_out = {"exclude": [[one] for one in but]} if but and number else {}
        yield (width, scheme), run(page, wanted, **left_out)


def faults_of(page: Page) -> list[dict[str, Any]]:
    """Return what axe finds in a page as it is shown."""
    page.evaluate(script())
    return run(page, OPTIONS)


def run(page: Page, options: dict[str, Any], **context: Any) -> list[dict[str, Any]]:
    """Return what axe finds in a page into which it was put before."""
    found: Any = page.evaluate(
        "([context, options]) => axe.run(context ?? document, options)",
        [context or None, options],
    )
    assert found["passes"]
    return list(found["violations"])


def serious(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return of what axe found the rule and the first element that breaks it, where that
    keeps somebody out.
    """
    return [
        (one["id"], one["nodes"][0]["html"])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


def too_wide_at(page: Page, widths: Sequence[int]) -> list[int]:
    """Return those of the widths at which a page scrolls sideways."""
    found = []
    for width in widths:
        show(page, width)
        if is_too_wide(page):
            found.append(width)
    return found


def is_too_wide(page: Page) -> bool:
    """Tell whether a page scrolls sideways as it is shown."""
    return bool(page.evaluate(IS_TOO_WIDE))
