"""Django application of the room `people`."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Room `people`: registers what it takes in from files."""

    name = "linli.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds of data known to the importer, and say what of the duty log is erased with a person."""
        from linli.people import importing, log_erasure

        importing.install()
        log_erasure.install()
