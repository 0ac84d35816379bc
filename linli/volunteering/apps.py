"""Django application of the room `volunteering`."""

from django.apps import AppConfig


class VolunteeringConfig(AppConfig):
    """Room `volunteering`: volunteers, hours, training, certificates, joined units and members."""

    name = "linli.volunteering"
    label = "volunteering"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of closed activities; say who may not take part, what is sealed and what is erased with a person."""
        from linli.activities import admitting, closing_listeners
        from linli.people import keys
        from linli.volunteering import (
            erasure,
            evidence,
            importing,
            importing_joined,
            minors,
            proposing,
            registering,
            telling,
        )

        erasure.install()
        telling.install()
        importing.install()
        importing_joined.install()
        evidence.install()
        keys.register("volunteering.Volunteer", "number_encrypted", registering.NUMBER_CONTEXT)
        keys.register_blind("volunteering.Volunteer", erasure.blinds_of)
        closing_listeners.listen(proposing.hear_closing)
        admitting.register(minors.why_not)
