"""Django application of the room `awards`."""

from django.apps import AppConfig


class AwardsConfig(AppConfig):
    """Room `awards`: rules by which deeds earn points, nominations, stickers, appeals."""

    name = "linli.awards"
    label = "awards"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of deeds, take in lists, say what lines of a statement were, and what is erased with a person."""
        from linli.awards import awarding, erasure, importing, statement, sticker_registration, telling
        from linli.work import deeds

        deeds.listen(awarding.hear)
        importing.install()
        erasure.install()
        statement.install()
        telling.install()
        sticker_registration.install()
