"""Absolute links for mails and the terminal, and the way back to a page."""

from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def absolute_url(path: str) -> str:
    """Return the path below the configured address, never below a request's Host
    header.
    """
    return f"{settings.BASE_URL}{path}"


def page_before(request: HttpRequest, otherwise: str = "/") -> str:
    """Return path and query of the page that a form or link was on.

    otherwise: what to return where the request does not say it, or names another site.
    """
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        return otherwise
    parts = urlsplit(referer)
    page = urlunsplit(("", "", parts.path, parts.query, ""))
    # `//host` is a path there, and another host by itself.
    return page if url_has_allowed_host_and_scheme(page, None) else otherwise
