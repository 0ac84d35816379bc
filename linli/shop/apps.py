"""Django application of the room `shop`."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Room `shop`: goods and services for points: stock, reservations, counters, partners."""

    name = "linli.shop"
    label = "shop"
    default_auto_field = "django.db.models.BigAutoField"
