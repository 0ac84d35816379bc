"""Django application of the room `site`."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Room `site`."""

    name = "linli.site"
    label = "site"
    default_auto_field = "django.db.models.BigAutoField"
