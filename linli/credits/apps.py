"""Django application of the room `credits`."""

from django.apps import AppConfig


class CreditsConfig(AppConfig):
    """Room `credits`: points: accounts, transfers, lots, holds; the ledger and nothing else."""

    name = "linli.credits"
    label = "credits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what is erased with a person, and what a line of the inbox about points says."""
        from linli.credits import announcing, correcting, erasure

        erasure.install()
        announcing.install()
        correcting.install()
