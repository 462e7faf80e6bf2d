"""Screenshots of every page in light and dark, narrow and wide: `make screenshots`.

Starts a stack of its own, fills it by `manage.py demo`, and writes PNGs to <data
dir>/screenshots: first those of an organization that has nothing, then full ones, with
texts as long as they may be, as a member sees them, on paper and without scripts.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import chromium
from tests.zelto.faults.load import PASSWORD, body, post, provision
from tests.zelto.stack import CHECKOUT, Stack
from zelto.env import data_directory

WIDTHS = {"wide": 1440, "tablet": 768, "narrow": 390}
SCHEMES = ("light", "dark")
README_IMAGE = CHECKOUT / "docs" / "images" / "conversations.png"

OWNER, MEMBER = "ada@example.org", "bob@example.org"

SIGNED_OUT = {
    "login": "/login",
    "reset": "/password/reset",
    "not-found": "/nothing",
    "sign-up-closed": "/signup",
    "invitation-void": "/invitation/nothing",
}
# What a member's side bar leads to, below /org/<slug>/.
PAGES = {
    "home": "",
    "conversations": "conversations",
    "agents": "agents",
    "expected": "agents/expected",
    "alerts": "alerts",
    "alerts-history": "alerts/history",
    "alerts-channels": "alerts/channels",
    "alerts-channel-new": "alerts/channels/new?kind=webhook",
    "alerts-rules": "alerts/rules",
    "deliveries": "deliveries",
    "integrations": "settings/integrations",
    "livekit": "settings/integrations/livekit",
    "api": "settings/integrations/api",
    "livekit-projects": "settings/integrations/livekit/projects",
    "agent-access": "settings/integrations/mcp",
    "members": "settings/members",
    "organization": "settings/organization",
    "profile": "../../profile",
    "password": "../../password/change",
    "log-out": "../../logout",
    "help": "../../help",
    "help-connect": "../../help/connect-livekit",
    "help-projects": "../../help/livekit-projects",
    "help-body": "../../help/call-body",
    "help-missing": "../../help/missing-call",
    "help-expected": "../../help/expected-sessions",
    "help-alerts": "../../help/alerts",
    "help-statuses": "../../help/statuses",
    "help-keys": "../../help/keys-and-roles",
    "usage": "settings/usage",
    "audit": "settings/audit",
}
FILTERED = {
    "conversations-filtered": "conversations?provider=livekit&reference=front",
    "deliveries-need-a-look": "deliveries?outcome=needs-a-look",
    "expected-all": "agents/expected?state=all",
    "alerts-none-fits": "alerts?state=snoozed",
    "expected-none-fits": "agents/expected?reference=nobody-has-this",
    "conversations-late": "conversations?arrival=late",
    "conversations-none-fits": "conversations?reference=nobody-has-this",
    "conversations-export": "conversations/export?provider=livekit",
    "conversations-upload": "conversations/upload",
}
# A page behind the first link that fits: (the list, what its address contains), and what
# comes after that address.
BEHIND: dict[str, tuple[str, ...]] = {
    "conversation": ("conversations", "/conversations/"),
    "conversation-erase": ("conversations", "/conversations/", "/erase"),
    "agent": ("agents", "/agents/"),
    "issue": ("alerts/history", "/alerts/issues/"),
    "alerts-channel": ("alerts/channels", "/alerts/channels/"),
    "alerts-rule": ("alerts/rules", "/alerts/rules/"),
    "agent-edit": ("agents", "/agents/", "/edit"),
    "agent-merge": ("agents", "/agents/", "/merge"),
    "delivery": ("deliveries?outcome=processed", "/deliveries/"),
    "delivery-refused": ("deliveries?status=422", "/deliveries/"),
    "key": ("settings/integrations/livekit", "/keys/"),
    "conversation-long": ("conversations?reference=RRRR", "/conversations/"),
    "agent-long": ("agents?q=name-without-end", "/agents/"),
    "delivery-long": ("deliveries?reference=bad", "/deliveries/"),
}
# What a member may open, and what not.
OF_A_MEMBER = {
    "home": "",
    "conversations": "conversations",
    "expected": "agents/expected",
    "alerts": "alerts",
    "alerts-channels": "alerts/channels",
    "livekit": "settings/integrations/livekit",
    "livekit-projects": "settings/integrations/livekit/projects",
    "members": "settings/members",
    "forbidden": "deliveries",
}


def post_long_texts(stack: Stack, key: str) -> None:
    """Post a session in which every text is as long as it may be, or unbroken, in both
    directions of writing.
    """
    long = body(
        "R" * 255,
        endedReason="of-a-reason-without-end-" * 10,
        customer={"name": "فاطمة الزهراء " * 15, "number": "+" + "1" * 63},
        cost="123456.123456",
    )
    long["agent"] = {"externalId": "a" * 255, "name": "name-without-end-" * 15}
    long["version"] = "1.2.3-" * 40
    long["metadata"] = {"k" * 255: "v" * 500, "مفتاح": "قيمة"}
    long["systemPrompt"] = "You are patient. " * 500
    long["transcript"]["turns"] += [
        {"role": "user", "content": "W" * 1500, "interrupted": True},
        {"role": "assistant", "content": "تم شحن طلبك رقم ORD-123: OK!"},
        {
            "role": "tool",
            "toolName": "t" * 100,
            "toolCallId": "1",
            "arguments": {"blob": "A" * 20_000},
        },
    ]
    assert post(stack.port, key, long) == 200
    faults = body("bad", bad="x" * 300)
    faults["transcript"]["turns"] = [{"role": "robot"}] * 120
    assert post(stack.port, key, faults) == 422


def shoot(page: Page, address: str, file: Path) -> None:
    """Write a screenshot of the whole page to the file."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, full_page=True)


@contextmanager
def each_look(browser: Browser) -> Iterator[Iterator[tuple[str, BrowserContext]]]:
    """Yield (name, browser context) of each width and color scheme."""

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


def log_in(page: Page, stack: Stack, email: str = OWNER) -> None:
    page.goto(f"{stack.url}/login")
    page.locator("input[type=email]").fill(email)
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


def shoot_readme_image(stack: Stack, slug: str) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 760})
        log_in(page, stack)
        README_IMAGE.parent.mkdir(exist_ok=True)
        page.goto(f"{stack.url}/org/{slug}/conversations")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=README_IMAGE)


def shoot_as_member(stack: Stack, slug: str, folder: Path) -> None:
    stack.manage(
        *("provision", "--organization", "Acme", "--email", MEMBER),
        *("--password", PASSWORD, "--role", "member"),
    )
    with chromium() as browser, each_look(browser) as looks:
        for look, context in looks:
            page = context.new_page()
            log_in(page, stack, MEMBER)
            for name, path in OF_A_MEMBER.items():
                address = f"{stack.url}/org/{slug}/{path}"
                shoot(page, address, folder / f"{name}-member-{look}.png")


def shoot_without_scripts_and_on_paper(stack: Stack, slug: str, folder: Path) -> None:
    with chromium() as browser:
        page = browser.new_context(java_script_enabled=False).new_page()
        log_in(page, stack)
        for name in ("conversation", "agent", "delivery"):
            list_path, contains, *_ = BEHIND[name]
            page.goto(f"{stack.url}/org/{slug}/{list_path}")
            link = page.locator(f'main table a[href*="{contains}"]').first
            address = stack.url + (link.get_attribute("href") or "")
            shoot(page, address, folder / f"{name}-without-scripts.png")
            page.emulate_media(media="print")
            page.screenshot(path=folder / f"{name}-on-paper.png", full_page=True)
            page.emulate_media(media="screen")


def main() -> None:
    folder = data_directory() / "screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with Stack() as stack:
        made = provision(stack)
        slug = made["slug"]
        shoot_all(stack, slug, folder, "empty")
        stack.manage("demo")
        shoot_readme_image(stack, slug)
        shoot_without_scripts_and_on_paper(stack, slug, folder)
        post_long_texts(stack, made["apiKey"])
        shoot_all(stack, slug, folder, "full")
        shoot_as_member(stack, slug, folder)
    print(f"{len(list(folder.iterdir()))} screenshots are in {folder}.")  # noqa: T201


if __name__ == "__main__":
    main()
