from typing import ClassVar

from django.db import migrations

UNREAD = (
    "credits_transfer_key_f13808a2_like",
    "credits_hold_key_25d284f8_like",
    "credits_hold_account_id_f936e31c",
    "credits_hold_actor_person_id_df8141b3",
    "credits_resolution_key_41c8eb39_like",
    "credits_resolution_actor_person_id_6aaf5062",
)
KEYS = """
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['transfer', 'hold', 'resolution'] LOOP
    IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'credits_' || name || '_key_key'
               AND conrelid = ('credits_' || name)::regclass) THEN
      EXECUTE format('ALTER TABLE credits_%1$s RENAME CONSTRAINT credits_%1$s_key_key TO %1$s_key_once', name);
    END IF;
  END LOOP;
END $$
"""
ROOM = "ALTER TABLE credits_account SET (fillfactor = 70)"
"""Room on each page for the next version of a row that every transfer changes: it stays there, and no index is told."""


class Migration(migrations.Migration):
    """Each index stands once (docs/decisions/0078). The first migration says so by now; this mends older districts."""

    dependencies: ClassVar = [("credits", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL([f"DROP INDEX IF EXISTS {name}" for name in UNREAD], ""),
        migrations.RunSQL(KEYS, ""),
        migrations.RunSQL(ROOM, "ALTER TABLE credits_account RESET (fillfactor)"),
    ]
