"""Django application of the room `shop`."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Room `shop`: goods and services for points: stock, reservations, counters, partners."""

    name = "linli.shop"
    label = "shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what is erased with a person, who may see photos and signed papers, what lines of the inbox and of a
        statement of points say."""
        from linli.shop import statement, telling
        from linli.shop.erasure import install
        from linli.shop.holders import register

        install()
        register()
        telling.install()
        statement.install()
