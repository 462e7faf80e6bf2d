"""The Django app, and what it hands to lower layers and the web processes."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        """Register what lower layers call but may not import; have web processes look at
        Zelto itself while no worker does.
        """
        from accounts.context_processors import provide_count
        from alerts.demo.parts import add_alerts
        from alerts.judging.watch import watch
        from alerts.pages.bell import open_issues
        from integrations.demo.further_parts import provide_demo_part
        from integrations.operations.counters import also_write

        also_write(watch)
        provide_count("open_issues", open_issues)
        provide_demo_part(add_alerts)
