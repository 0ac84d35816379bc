"""Django application of the room `assessment`."""

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    """Room `assessment`: registers its kind of work when the process starts."""

    name = "linli.assessment"
    label = "assessment"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Install the workflow; a faulty one stops the start."""
        from linli.assessment.registration import install

        install()
