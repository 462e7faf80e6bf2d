from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from conversations.agents.delivery_status import ask_for_news
        from conversations.transcription.result_hook import hand_over_to
        from integrations.connections.agent_delivery_status import agent_news
        from integrations.delivery_log.transcription_entry import append_to_log

        ask_for_news(agent_news)
        hand_over_to(append_to_log)
