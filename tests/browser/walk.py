"""All pages that a signed-in person can reach by following links: a page that somebody
adds is found without being named here.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from tests.zelto.faults.load import PASSWORD
from tests.zelto.stack import Stack

EMAIL = "ada@example.org"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Not ours: the operators' pages are Django's, the API's page is Swagger's.
LEFT_OUT = ("/admin", "/static", "/v1", "/mcp", "/healthz", "/readyz", "/metrics")
SIGNED_OUT = ("/login", "/password/reset", "/signup", "/invitation/nothing", "/nothing")
MAX_PAGES = 200


class _Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        href = dict(attributes).get("href")
        if tag == "a" and href:
            self.found.append(href)


def kind_of(address: str) -> str:
    """Return the kind of a page: two conversations are one kind, and so are all filters
    of a list.
    """
    parts = urlsplit(address)
    return UUID.sub("<id>", parts.path) + ("?" if parts.query else "")


def log_in(browser: OpenerDirector, url: str) -> str:
    with browser.open(f"{url}/login") as page:
        token = re.search(
            r'name="csrfmiddlewaretoken" value="([^"]+)', page.read().decode()
        )
    assert token
    fields = {"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    with browser.open(f"{url}/login", urlencode(fields).encode()) as page:
        assert "/org/" in page.url
        return str(page.url)


def find_pages(stack: Stack) -> list[str]:
    """Return addresses of HTML pages, one of each kind, in the order in which links
    lead there.
    """
    browser = build_opener(HTTPCookieProcessor())
    waiting = [log_in(browser, stack.url)]
    seen = {kind_of(waiting[0])}
    pages = []
    while waiting:
        address = waiting.pop(0)
        with browser.open(address) as answer:
            is_page = answer.headers["Content-Type"].startswith("text/html")
            if not is_page or answer.url != address:
                continue
            html = answer.read().decode()
        pages.append(address)
        for href in _Links(html).found:
            found = urljoin(address, href).partition("#")[0]
            if is_ours(found, stack.url) and kind_of(found) not in seen:
                seen.add(kind_of(found))
                waiting.append(found)
        assert len(pages) < MAX_PAGES, "the walk does not end"
    return pages


def is_ours(address: str, url: str) -> bool:
    """Tell whether an address is a page of this project."""
    path = urlsplit(address).path
    return address.startswith(f"{url}/") and not path.startswith(LEFT_OUT)
