"""Django application of the room `exchange`."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Room `exchange`."""

    name = "linli.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"
