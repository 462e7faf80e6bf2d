"""The app `accounts`, as Django registers it."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Hears of each sign-in, whichever page it was on.
        from accounts.sign_in import known_browser  # noqa: F401
