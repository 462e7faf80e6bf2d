"""The Django app, and what it hands to the web processes."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        """Have web processes look at Zelto itself while no worker does."""
        from alerts.judging.watch import watch
        from integrations.operations.counters import also_write

        also_write(watch)
