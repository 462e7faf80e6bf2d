"""The app `api`, as Django registers it."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
