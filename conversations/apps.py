"""The app `conversations`, as Django registers it."""

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"
