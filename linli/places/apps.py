"""Django application of the room `places`."""

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Room `places`: registers what it takes in from files."""

    name = "linli.places"
    label = "places"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kinds of data known to the importer."""
        from linli.places.importing import install

        install()
