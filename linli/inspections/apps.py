"""Django application of the room `inspections`."""

from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    """Room `inspections`: rounds, sites, observations, findings, coverage, agreements, visits."""

    name = "linli.inspections"
    label = "inspections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Install the workflow of findings; a faulty one stops the start."""
        from linli.inspections.registration import install

        install()
