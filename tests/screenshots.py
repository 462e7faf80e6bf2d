"""Every page in light and dark, narrow and wide: `make screenshots`.

Starts a stack of its own, fills it by `manage.py demo`, and writes PNGs to
<data dir>/screenshots: first those of an organization that has nothing, then full ones.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import chromium
from tests.zelto.load import PASSWORD, provision
from tests.zelto.stack import CHECKOUT, Stack
from zelto.env import data_directory

WIDTHS = {"wide": 1440, "narrow": 390}
SCHEMES = ("light", "dark")
README_IMAGE = CHECKOUT / "docs" / "images" / "conversations.png"

SIGNED_OUT = {"login": "/login", "reset": "/password/reset", "not-found": "/nothing"}
# What a member's side bar leads to, below /org/<slug>/.
PAGES = {
    "conversations": "conversations",
    "agents": "agents",
    "deliveries": "deliveries",
    "integrations": "settings/integrations",
    "livekit": "settings/integrations/livekit",
    "api": "settings/integrations/api",
    "agent-access": "settings/integrations/mcp",
    "members": "settings/members",
    "organization": "settings/organization",
    "profile": "../../profile",
    "help": "../../help",
    "help-connect": "../../help/connect-livekit",
    "help-body": "../../help/call-body",
    "usage": "settings/usage",
    "audit": "settings/audit",
}
FILTERED = {
    "conversations-filtered": "conversations?provider=livekit&reference=front",
    "deliveries-need-a-look": "deliveries?outcome=needs-a-look",
    "conversations-none-fits": "conversations?reference=nobody-has-this",
    "conversations-export": "conversations/export?provider=livekit",
}
# A page behind the first link that fits: (the list, what its address contains), and what
# comes after that address.
BEHIND: dict[str, tuple[str, ...]] = {
    "conversation": ("conversations", "/conversations/"),
    "agent": ("agents", "/agents/"),
    "agent-edit": ("agents", "/agents/", "/edit"),
    "agent-merge": ("agents", "/agents/", "/merge"),
    "delivery": ("deliveries?outcome=processed", "/deliveries/"),
    "delivery-refused": ("deliveries?status=422", "/deliveries/"),
}


def shoot(page: Page, address: str, file: Path) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, full_page=True)


@contextmanager
def each_look(browser: Browser) -> Iterator[Iterator[tuple[str, BrowserContext]]]:
    def looks() -> Iterator[tuple[str, BrowserContext]]:
        for width, pixels in WIDTHS.items():
            for scheme in SCHEMES:
                context = browser.new_context(
                    viewport={"width": pixels, "height": 900},
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                yield f"{width}-{scheme}", context
                context.close()

    yield looks()


def log_in(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/login")
    page.locator("input[type=email]").fill("ada@example.org")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("main button[type=submit], form button[type=submit]").first.click()
    page.wait_for_url("**/org/**")


def shoot_all(stack: Stack, slug: str, folder: Path, state: str) -> None:
    top = f"{stack.url}/org/{slug}"
    with chromium() as browser, each_look(browser) as looks:
        for look, context in looks:
            page = context.new_page()
            if state == "empty":
                for name, path in SIGNED_OUT.items():
                    shoot(page, stack.url + path, folder / f"{name}-{look}.png")
            log_in(page, stack)
            paths = PAGES if state == "empty" else PAGES | FILTERED
            for name, path in paths.items():
                shoot(page, f"{top}/{path}", folder / f"{name}-{state}-{look}.png")
            if state == "full":
                for name, (path, contains, *rest) in BEHIND.items():
                    page.goto(f"{top}/{path}")
                    link = page.locator(f'main table a[href*="{contains}"]').first
                    address = (
                        stack.url + (link.get_attribute("href") or "") + "".join(rest)
                    )
                    shoot(page, address, folder / f"{name}-{look}.png")


def main() -> None:
    folder = data_directory() / "screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with Stack() as stack:
        slug = provision(stack)["slug"]
        shoot_all(stack, slug, folder, "empty")
        stack.manage("demo")
        shoot_all(stack, slug, folder, "full")
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 760})
            log_in(page, stack)
            README_IMAGE.parent.mkdir(exist_ok=True)
            page.goto(f"{stack.url}/org/{slug}/conversations")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=README_IMAGE)
    print(f"{len(list(folder.iterdir()))} screenshots are in {folder}.")  # noqa: T201


if __name__ == "__main__":
    main()
