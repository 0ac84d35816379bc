"""Django application of the room `wishes`."""

from django.apps import AppConfig


class WishesConfig(AppConfig):
    """Room `wishes`: registers its kind of work when the process starts."""

    name = "linli.wishes"
    label = "wishes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Install the workflow; a faulty one stops the start. Say what is sealed, erased, and what deeds rest on."""
        from linli.people import keys
        from linli.wishes import contact, deeds, erasure, registration

        registration.install()
        deeds.install()
        erasure.install()
        for name, context in contact.CONTEXTS.items():
            keys.register("wishes.Wish", f"{name}_encrypted", context)
        keys.register_blind("wishes.Wish", contact.blinds_of)
