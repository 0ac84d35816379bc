"""Django application of the room `work`."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Room `work`: the engine, and the kind of work that is its own (supervision)."""

    name = "linli.work"
    label = "work"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Install the room's own workflow; a faulty one stops the start."""
        from linli.work import deadline_recount, erasure, handover, importing, supervision

        supervision.install()
        handover.install()
        importing.install()
        erasure.install()
        deadline_recount.install()
