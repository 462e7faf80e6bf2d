"""`GET /v1/docs` in a browser, under the policy of all pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import ApiKey
from tests.conversations.browser import browser_beside_django

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_beside_django() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(f"{live_server.url}/v1/docs")
    yield page
    page.close()


def test_it_tries_an_endpoint_and_breaks_no_rule(
    browser: Browser, live_server: LiveServer, full_key: tuple[ApiKey, str]
) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    elsewhere: list[str] = []
    page.on("console", lambda line: complaints.append(line.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((live_server.url, "data:"))
            else elsewhere.append(request.url)
        ),
    )
    page.goto(f"{live_server.url}/v1/docs")
    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("auth-bearer-value").fill(full_key[1])
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").click()
    page.get_by_text("List agents").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.get_by_text("Response body").wait_for()
    assert '"data": []' in page.locator(".live-responses-table").inner_text()
    assert not elsewhere
    assert not complaints
    page.close()
