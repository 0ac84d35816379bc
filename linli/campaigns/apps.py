"""Django application of the room `campaigns`."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Room `campaigns`: campaigns: goal, period, places, what belongs to them."""

    name = "linli.campaigns"
    label = "campaigns"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what is erased with a person."""
        from linli.campaigns.erasure import install

        install()
