"""Django application of the room `volunteering`."""

from django.apps import AppConfig


class VolunteeringConfig(AppConfig):
    """Room `volunteering`: volunteers, hours, training, certificates, joined units and members."""

    name = "linli.volunteering"
    label = "volunteering"
    default_auto_field = "django.db.models.BigAutoField"
