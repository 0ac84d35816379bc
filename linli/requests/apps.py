"""Django application of the room `requests`."""

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """Room `requests`: registers its kind of work when the process starts."""

    name = "linli.requests"
    label = "requests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Install the workflow; a faulty one stops the start."""
        from linli.people import keys
        from linli.requests import campaigns, facts, fixed_on_spot, importing, praising
        from linli.requests.contact import NAME_CONTEXT, PHONE_CONTEXT, blinds_of
        from linli.requests.registration import install

        install()
        importing.install()
        campaigns.install()
        facts.install()
        fixed_on_spot.install()
        praising.install()
        # So that a change of the encryption key writes these again too.
        keys.register("requests.RequestDetail", "contact_name_encrypted", NAME_CONTEXT)
        keys.register("requests.RequestDetail", "phone_encrypted", PHONE_CONTEXT)
        keys.register_blind("requests.RequestDetail", blinds_of)
