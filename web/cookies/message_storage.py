"""Where a message waits for the next page: Django's storage, in a cookie of our own."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class NamedCookieStorage(CookieStorage):
    """A cookie by the name that the settings give it."""

    cookie_name = settings.COOKIE_NAMES["messages"]


class MessageStorage(FallbackStorage):
    """The cookie, and what does not fit into it in the session."""

    storage_classes = (NamedCookieStorage, SessionStorage)
