from typing import ClassVar

from django.db import migrations

UNREAD = (
    "requests_requestdetail_accused_organisation_id_41e7b8cd",
    "requests_requestdetail_suggested_category_id_a073e7c4",
)


class Migration(migrations.Migration):
    """Each index stands once (docs/decisions/0078). The first migration says so by now; this mends older districts."""

    dependencies: ClassVar = [("requests", "0002_contact_bound_to_its_row")]

    operations: ClassVar = [migrations.RunSQL([f"DROP INDEX IF EXISTS {name}" for name in UNREAD], "")]
