"""The Django app, and what it hands to lower layers at start."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        """Register what lower layers call but may not import."""
        from accounts.context_processors import provide_count
        from alerts.demo.parts import add_alerts
        from alerts.judging.watch import watch
        from alerts.messages.notices import provide_data
        from alerts.messages.queueing import provide_many
        from alerts.outgoing_events.erasure import drop_messages
        from alerts.outgoing_events.names import OF_CONVERSATIONS
        from alerts.outgoing_events.payload import data_of
        from alerts.pages.bell import open_issues
        from integrations.demo.further_parts import provide_demo_part
        from integrations.erasure.others import provide_erasure
        from integrations.operations.counters import also_write

        # Web processes look at Zelto itself while no worker does.
        also_write(watch)
        provide_data(OF_CONVERSATIONS, data_of)
        provide_many(OF_CONVERSATIONS)
        provide_erasure(drop_messages)
        provide_count("open_issues", open_issues)
        provide_demo_part(add_alerts)
