"""Django application of the room `awards`."""

from django.apps import AppConfig


class AwardsConfig(AppConfig):
    """Room `awards`: rules by which deeds earn points, nominations, stickers, appeals."""

    name = "linli.awards"
    label = "awards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of deeds."""
        from linli.awards.awarding import hear
        from linli.work import deeds

        deeds.listen(hear)
