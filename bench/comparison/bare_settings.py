"""The least that Django can be: one view, no middleware, no database."""

from zelto.settings import ALLOWED_HOSTS, SECRET_KEY

__all__ = ["ALLOWED_HOSTS", "SECRET_KEY"]

ROOT_URLCONF = "bench.comparison.bare_urls"
MIDDLEWARE: list[str] = []
INSTALLED_APPS: list[str] = []
