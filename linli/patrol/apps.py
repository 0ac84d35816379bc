"""Django application of the room `patrol`."""

from django.apps import AppConfig


class PatrolConfig(AppConfig):
    """Room `patrol`: the patrol's phone pages, which work with no network."""

    name = "linli.patrol"
    label = "patrol"
    default_auto_field = "django.db.models.BigAutoField"
