"""Django application of the room `desk`."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Room `desk`."""

    name = "linli.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"
