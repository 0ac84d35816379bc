"""Django application of the room `credits`."""

from django.apps import AppConfig


class CreditsConfig(AppConfig):
    """Room `credits`: points: accounts, transfers, lots, holds; the ledger and nothing else."""

    name = "linli.credits"
    label = "credits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what is erased with a person, what lines of the inbox say, and that the ledger is to be sealed."""
        from linli.credits import announcing, correcting, erasure
        from linli.credits.sealing import seal
        from linli.work.sealing import seal_also

        erasure.install()
        announcing.install()
        correcting.install()
        seal_also(seal)
