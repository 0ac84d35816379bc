"""Django application of the room `activities`."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    """Room `activities`: activity series, sign-up, waiting list, attendance."""

    name = "linli.activities"
    label = "activities"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what its photos, its messages and its records are to the other rooms."""
        from linli.activities.registration import install

        install()
