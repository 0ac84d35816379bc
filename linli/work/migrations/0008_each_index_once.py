from typing import ClassVar

from django.db import migrations

DOUBLED = (
    "work_clock_item_id_eef7f20c",
    "work_clock_leg_id_5684434c",
    "work_event_actor_organisation_id_e09e0fb8",
    "work_event_actor_person_id_572beed1",
    "work_event_item_id_68ec7f81",
    "work_event_leg_id_45aa0561",
    "work_evidence_item_id_5be68f63",
    "work_item_created_by_id_080cf67b",
    "work_item_merged_into_id_5373c8ae",
    "work_item_parent_id_03e22847",
    "work_item_reporter_id_5c489a3b",
    "work_item_responsible_person_id_b4eb0b39",
    "work_leg_item_id_92db5f8c",
    "work_leg_parent_id_c9f205fb",
    "work_leg_person_id_0aba3f48",
    "work_item_number_6f1ccc2a_like",
)
NUMBER = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'work_item_number_key' AND conrelid = 'work_item'::regclass) THEN
    ALTER TABLE work_item RENAME CONSTRAINT work_item_number_key TO item_number_once;
  END IF;
END $$
"""
PARTIAL = {
    "item_merged": "work_item (merged_into_id) WHERE merged_into_id IS NOT NULL",
    "item_person": "work_item (responsible_person_id) WHERE responsible_person_id IS NOT NULL",
    "leg_person": "work_leg (person_id) WHERE person_id IS NOT NULL",
}


class Migration(migrations.Migration):
    """Each index stands once (docs/decisions/0078). The first migrations say so by now; this mends older districts."""

    dependencies: ClassVar = [("work", "0007_deeds")]

    operations: ClassVar = [
        migrations.RunSQL([f"CREATE INDEX IF NOT EXISTS {name} ON {what}" for name, what in PARTIAL.items()], ""),
        migrations.RunSQL(NUMBER, ""),
        migrations.RunSQL([f"DROP INDEX IF EXISTS {name}" for name in DOUBLED], ""),
    ]
