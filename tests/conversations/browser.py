"""A signed-in browser on the pages of conversations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page

from tests.browser.chromium import chromium

CONSOLE_FAULTS = {"error", "warning"}


@contextmanager
def browser_beside_django() -> Iterator[Browser]:
    """Run a browser in a thread that also queries the database."""
    # Playwright's loop runs in this thread, and Django's guard takes that for async.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with chromium() as browser:
            yield browser
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def signed_in_page(
    browser: Browser,
    address: str,
    client: Client,
    *,
    expected_fault: str = "nothing of the kind",
    **options: Any,
) -> Iterator[Page]:
    """Yield a page in which nothing may fail but `expected_fault`, as an answer of 422."""
    options.setdefault("viewport", {"width": 1200, "height": 700})
    context = browser.new_context(base_url=address, **options)
    name = settings.SESSION_COOKIE_NAME
    session = client.cookies[name].value
    context.add_cookies([{"name": name, "value": session, "url": address}])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda message: (
            faults.append(message.text) if message.type in CONSOLE_FAULTS else None
        ),
    )
    try:
        yield page
    finally:
        context.close()
    assert not [fault for fault in faults if expected_fault not in fault]
