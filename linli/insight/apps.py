"""Django application of the room `insight`."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Room `insight`."""

    name = "linli.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"
