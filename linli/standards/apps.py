"""Django application of the room `standards`."""

from django.apps import AppConfig


class StandardsConfig(AppConfig):
    """Room `standards`: what is asked of places: standards, versions, criteria."""

    name = "linli.standards"
    label = "standards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kind of data known that is brought in here."""
        from linli.standards import importing

        importing.install()
