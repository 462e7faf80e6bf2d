from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from conversations.agent_news import ask_for_news
        from integrations.agent_news import agent_news

        ask_for_news(agent_news)
