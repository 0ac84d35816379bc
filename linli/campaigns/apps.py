"""Django application of the room `campaigns`."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Room `campaigns`: campaigns: goal, period, places, what belongs to them."""

    name = "linli.campaigns"
    label = "campaigns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what is erased with a person, and how being put under a campaign is called in an item's history."""
        from linli.campaigns import erasure, tying

        erasure.install()
        tying.install()
